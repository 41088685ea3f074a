"""A load balancer that withdraws late: haproxy, told of every change of EndpointSlices, of those that leave only later.

It takes new endpoints at once, as a readiness gate has them healthy before they count. Those that leave it uses on for
some seconds more. It retries nothing, and checks nobody's health, so that nothing lost is hidden.
"""

from __future__ import annotations

import itertools
import json
import shutil
import socket
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import real_node
from tests.e2e.machine import Machine, until

SLOTS = 32
"""haproxy's places for endpoints, more than there ever are at once: one that was left is not taken again soon."""
TICK = 0.1
"""Seconds between two looks at which endpoints are due to leave."""
CONFIG = """
global
  stats socket {folder}/haproxy.sock mode 600 level admin
  nbthread 1
  maxconn 256
defaults
  mode http
  retries 0
  timeout connect 2s
  timeout client 60s
  timeout server 30s
"""
SECTION = """
listen {name}
  bind 127.0.0.1:{port}
  balance roundrobin
  server-template pod 1-{slots} 127.0.0.1:9 disabled
"""


class Withdrawals:
    """Which endpoints are sent to, by namespace: those that are usable, and those that left less than `delay` ago."""

    def __init__(self, delay: float) -> None:
        """Take the seconds for which an endpoint that leaves is used on."""
        self.delay = delay
        self.lock = threading.Lock()
        self.usable: dict[str, set[str]] = {}
        self.left: defaultdict[str, dict[str, float]] = defaultdict(dict)

    def told(self, now: float, namespace: str, usable: set[str]) -> None:
        """Take note of what is usable now."""
        with self.lock:
            for each in self.usable.get(namespace, set()) - usable:
                self.left[namespace][each] = now
            for each in usable:
                self.left[namespace].pop(each, None)
            self.usable[namespace] = usable

    def wanted(self, now: float) -> dict[str, set[str]]:
        """Return the endpoints that are sent to now, by namespace."""
        with self.lock:
            return {
                namespace: usable | {each for each, at in self.left[namespace].items() if now < at + self.delay}
                for namespace, usable in self.usable.items()
            }


class Proxy:
    """haproxy, with a section for each namespace, whose endpoints are changed through its runtime socket."""

    def __init__(self, folder: Path, ports: Mapping[str, int]) -> None:
        """Start it and wait for its socket; `ports` are where it listens, by namespace."""
        self.socket = folder / "haproxy.sock"
        self.taken: dict[str, dict[str, str]] = {name: {} for name in ports}
        self.next = {name: itertools.cycle(range(1, SLOTS + 1)) for name in ports}
        sections = [SECTION.format(name=name, port=port, slots=SLOTS) for name, port in ports.items()]
        config = folder / "haproxy.cfg"
        config.write_text("".join([CONFIG.format(folder=folder), *sections]), encoding="utf-8")
        self.log = folder / "haproxy.log"
        with self.log.open("w") as log:
            command = [str(haproxy()), "-db", "-f", str(config)]
            self.process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        until(lambda: self.socket.exists() or self.process.poll() is not None, 20, "haproxy's socket")
        assert self.process.poll() is None, self.log.read_text()

    def tell(self, *commands: str) -> None:
        """Give it commands, which answer nothing that begins with a complaint."""
        for command in commands:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(self.socket))
                connection.sendall(f"{command}\n".encode())
                answer = connection.makefile().read().strip()
            assert not answer or "changed" in answer or "no need" in answer, f"{command}: {answer}"

    def follow(self, wanted: Mapping[str, set[str]]) -> None:
        """Serve the endpoints of each namespace that it has a section for."""
        for name in wanted.keys() & self.taken.keys():
            self.serve(name, wanted[name])

    def serve(self, name: str, wanted: set[str]) -> None:
        """Take endpoints (address:port) in, and others out."""
        taken = self.taken[name]
        for gone in taken.keys() - wanted:
            self.tell(f"set server {name}/{taken.pop(gone)} state maint")
        for new in sorted(wanted - taken.keys()):
            taken[new] = next(slot for each in self.next[name] if (slot := f"pod{each}") not in taken.values())
            address, _, port = new.rpartition(":")
            server = f"set server {name}/{taken[new]}"
            self.tell(f"{server} addr {address} port {port}", f"{server} state ready")

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(20)


class Watcher:
    """Tells the proxy of every change of a Service's EndpointSlices, of those that leave `delay` seconds late."""

    def __init__(self, machine: Machine, proxy: Proxy, service: str, delay: float) -> None:
        """Begin to watch."""
        self.proxy, self.withdrawals = proxy, Withdrawals(delay)
        self.slices: dict[tuple[str, str], set[str]] = {}
        self.ended = threading.Event()
        selector = f"kubernetes.io/service-name={service}"
        words = ["endpointslices", "-A", "-l", selector, "--watch", "--output-watch-events", "-o", "json"]
        self.process = subprocess.Popen(
            ["kubectl", "get", *words], env=machine.environment, stdout=subprocess.PIPE, text=True
        )
        self.threads = [threading.Thread(target=each, daemon=True) for each in (self._watch, self._apply)]
        for thread in self.threads:
            thread.start()

    def _watch(self) -> None:
        for line in self.process.stdout or ():
            event = json.loads(line)
            found = event["object"]
            namespace = found["metadata"]["namespace"]
            usable = set() if event["type"] == "DELETED" else endpoints(found)
            self.slices[namespace, found["metadata"]["name"]] = usable
            all_usable = set().union(*(each for (where, _), each in self.slices.items() if where == namespace))
            self.withdrawals.told(time.monotonic(), namespace, all_usable)

    def _apply(self) -> None:
        while not self.ended.wait(TICK):
            self.proxy.follow(self.withdrawals.wanted(time.monotonic()))

    def check(self) -> None:
        """Fail where it has stopped watching, since then the figures would mean nothing."""
        assert all(thread.is_alive() for thread in self.threads), "The watcher of the EndpointSlices has ended."

    def stop(self) -> None:
        """End it."""
        self.ended.set()
        self.process.terminate()
        self.process.wait(20)
        for thread in self.threads:
            thread.join(20)


def endpoints(found: dict[str, Any]) -> set[str]:
    """Return the endpoints of an EndpointSlice that are ready and not terminating, as address:port."""
    ports = [each["port"] for each in found.get("ports") or [] if each["name"] == "http"]
    usable = [
        each
        for each in found.get("endpoints") or []
        if each["conditions"].get("ready") and not each["conditions"].get("terminating")
    ]
    return {f"{address}:{port}" for each in usable for address in each["addresses"] for port in ports}


def haproxy() -> str | None:
    """Return where haproxy is."""
    return shutil.which("haproxy", path=real_node.PATH)
