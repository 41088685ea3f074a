"""Fresh embedded clusters in one inventory, each with a state folder of its own, and commands at them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests import commands
from tests.counting import ROOT

COUNT_HELM = """#!/bin/sh
echo "$1" >> '{starts}'
exec '{helm}' "$@"
"""
LOCAL = ROOT / "inventories" / "local"
DROPPED = ("ANSIBLE_", "LANDFALL_STATE", "MAKEFLAGS", "PYTHONPATH")
Command = list[str]


@dataclass
class Cluster:
    """An embedded cluster, by its state folder."""

    folder: Path


class Clusters:
    """Embedded clusters, and an inventory of them in which all else is as in inventories/local."""

    def __init__(self, folder: Path, number: int) -> None:
        """Write the inventory of `number` clusters below `folder`."""
        self.all = {name: Cluster(folder / name) for name in (f"c{index}" for index in range(1, number + 1))}
        self.first = next(iter(self.all.values())).folder
        self.helm_starts = folder / "helm-starts"
        inventory = folder / "inventories" / "local"
        inventory.mkdir(parents=True)
        # The settings look for the stand-in charts beside the inventory's folder.
        (folder / "roles").symlink_to(ROOT / "roles")
        for name in ("group_vars", "aws.cfg"):
            (inventory / name).symlink_to(LOCAL / name)
        own = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
        hosts = {name: {**own, "platform_state_dir": str(cluster.folder)} for name, cluster in self.all.items()}
        (inventory / "hosts.yml").write_text(json.dumps({"clusters": {"hosts": hosts}}))
        self.inventory = str(inventory)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(DROPPED)},
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "KUBECONFIG": str(self.first / "kubeconfig"),
            "PATH": f"{self.first}/bin:{Path(sys.executable).parent}:{os.environ['PATH']}",
        }

    def playbook(self, name: str, *more: str) -> Command:
        """Return the command that runs a playbook on all of them."""
        return ["ansible-playbook", "-i", self.inventory, name, *more]

    def seconds(self, *typed: Command) -> float:
        """Run commands one after another and return their wall seconds. Raises CalledProcessError, output shown."""
        begun = time.monotonic()
        for command in typed:
            done = commands.run(command, cwd=ROOT, env=self.environment, capture_output=True)
            if done.returncode:
                print(done.stdout[-4000:], done.stderr[-4000:], file=sys.stderr)
                done.check_returncode()
        return time.monotonic() - begun

    def kubectl(self, cluster: Cluster, *words: str) -> str:
        """Return what kubectl says of one of them."""
        command = ["kubectl", f"--kubeconfig={cluster.folder}/kubeconfig", *words]
        return subprocess.check_output(command, env=self.environment, text=True)

    def summary(self) -> dict[str, Any]:
        """Return the first one's summary.json, of the last run of site.yml."""
        found: dict[str, Any] = json.loads((self.first / "summary.json").read_text(encoding="utf-8"))
        return found

    def slow_down(self, seconds: int) -> None:
        """Let every simulated pod take so long to get ready, as real ones do that pull an image and start."""
        patch = json.dumps({"spec": {"delay": {"durationMilliseconds": seconds * 1000}}})
        for cluster in self.all.values():
            self.kubectl(cluster, "patch", "stages.kwok.x-k8s.io", "pod-ready", "--type=merge", f"--patch={patch}")

    def fast_pods(self, seconds: int) -> tuple[int, int]:
        """Return how many pods got ready sooner than `seconds` after they were made, and how many there are."""
        pods = [
            pod
            for cluster in self.all.values()
            for pod in json.loads(self.kubectl(cluster, "get", "pods", "--all-namespaces", "-o", "json"))["items"]
        ]
        # The API server's times are whole seconds.
        return sum(_took(pod) < seconds - 1 for pod in pods), len(pods)

    def count_helm(self) -> None:
        """Have each start of helm noted in `helm_starts`."""
        for helm in (cluster.folder / "bin" / "helm" for cluster in self.all.values()):
            if helm.is_symlink():
                script = COUNT_HELM.format(starts=self.helm_starts, helm=helm.readlink())
                helm.unlink()
                helm.write_text(script)
                helm.chmod(0o755)


def _took(pod: dict[str, Any]) -> float:
    """Return how many seconds a pod took to get ready; one that is not counts as slow."""
    ready = [each for each in pod["status"].get("conditions", []) if each["type"] == "Ready"]
    if not ready:
        return float("inf")
    made = datetime.fromisoformat(pod["metadata"]["creationTimestamp"])
    return (datetime.fromisoformat(ready[0]["lastTransitionTime"]) - made).total_seconds()


@contextmanager
def fresh(folder: Path, number: int = 1, pod_seconds: int = 0) -> Iterator[Clusters]:
    """Start clusters without the platform, whose pods take `pod_seconds` to get ready; remove them in the end."""
    clusters = Clusters(folder, number)
    play = clusters.playbook("playbooks/local_cluster.yml")
    try:
        clusters.seconds(play)
        if pod_seconds:
            clusters.slow_down(pod_seconds)
        yield clusters
    finally:
        clusters.seconds([*play, "-e", "local_cluster_state=absent"])
        shutil.rmtree(folder, ignore_errors=True)
