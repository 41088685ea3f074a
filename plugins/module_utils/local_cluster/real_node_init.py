"""The first process of the real node: it runs in mount and process namespaces of its own, which end with it.

Runs as a program of its own with the standard library alone: `real_node_init.py PLAN`. The plan is a JSON object:
`folder` (the node's), `bridge`, `address` (of the bridge, with its prefix), `cgroup`, `pause` (an image archive),
`containerd` and `kubelet` (commands), and `logs` (a folder). If containerd or kubelet ends, so does all of the node.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

SOCKET = Path("/run/containerd/containerd.sock")
SOCKET_SECONDS = 30
# What kubelet, containerd and the CNI plugins write at fixed places; the machine's own stays untouched below.
PRIVATE = ("/run", "/var/lib", "/var/log")
CGROUPS = Path("/sys/fs/cgroup")
INHERITED = ("cpuset.cpus", "cpuset.mems")


def hierarchies() -> list[Path]:
    """Return the roots of the machine's cgroup trees: one, or one per controller."""
    if (CGROUPS / "cgroup.controllers").exists():
        return [CGROUPS]
    return [each for each in CGROUPS.iterdir() if each.is_dir() and not each.is_symlink()]


def make_cgroups(name: str) -> None:
    """Make the cgroup below which kubelet keeps those of pods."""
    for root in hierarchies():
        folder = root / name
        folder.mkdir(exist_ok=True)
        for file in INHERITED if (root / "tasks").exists() else ():
            if (folder / file).exists():
                (folder / file).write_text((root / file).read_text(encoding="utf-8"), encoding="utf-8")


def make_bridge(name: str, address: str) -> None:
    """Make the bridge that pods are plugged into, with an address for the machine itself."""
    if not Path("/sys/class/net", name).exists():
        _run("ip", "link", "add", name, "type", "bridge")
    _run("ip", "address", "replace", address, "dev", name)
    _run("ip", "link", "set", name, "up")


def start(command: list[str], log: Path) -> int:
    """Start a program; return its process id."""
    with log.open("ab") as out:
        # pylint: disable-next=ansible-bad-function
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT).pid


def wait_for_socket() -> None:
    """Wait until containerd listens; it is given up with its log where it does not."""
    deadline = time.monotonic() + SOCKET_SECONDS
    while not SOCKET.exists():
        if time.monotonic() > deadline:
            raise SystemExit("containerd does not listen: see containerd.log beside this log")
        time.sleep(0.05)


def _run(*command: str) -> None:
    subprocess.run(command, check=True)  # pylint: disable=ansible-bad-function


def run(plan: dict[str, Any]) -> None:
    """Make the node and stay until one of its programs ends."""
    os.umask(0o022)  # what containerd unpacks is for other users too
    for place in PRIVATE:
        _run("mount", "-t", "tmpfs", "-o", "mode=755", "landfall", place)
    make_cgroups(plan["cgroup"])
    make_bridge(plan["bridge"], plan["address"])
    logs = Path(plan["logs"])
    watched = {start(plan["containerd"], logs / "containerd.log"): "containerd"}
    wait_for_socket()
    _run("ctr", "--namespace", "k8s.io", "images", "import", plan["pause"])
    watched[start(plan["kubelet"], logs / "kubelet.log")] = "kubelet"
    while (ended := os.wait()[0]) not in watched:
        pass  # an orphan
    raise SystemExit(f"{watched[ended]} ended: see {watched[ended]}.log beside this log")


if __name__ == "__main__":
    run(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
