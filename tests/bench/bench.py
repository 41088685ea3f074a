"""`make bench`: site.yml beside plain Helm, the same charts and values, fresh clusters, in one run.

Prints seconds, ratios, and what the time went to. Nothing is asserted: the figures are for docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
INVENTORY = ["-i", "inventories/local"]


@dataclass
class Cluster:
    """An embedded cluster of its own in a state folder of its own."""

    state: Path
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Point Ansible, helm and kubectl to this cluster."""
        path = f"{self.state}/bin:{os.environ['PATH']}"
        self.environment = {
            **os.environ,
            "LANDFALL_STATE_DIR": str(self.state),
            "KUBECONFIG": f"{self.state}/kubeconfig",
            "PATH": path,
        }

    def run(self, *command: str) -> float:
        """Run a command against the cluster and return its wall seconds. Raises CalledProcessError, output shown."""
        begun = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            print(done.stdout[-4000:], done.stderr[-4000:])
            done.check_returncode()
        return time.monotonic() - begun

    def playbook(self, name: str, *more: str) -> float:
        """Run a playbook and return its wall seconds."""
        return self.run("ansible-playbook", *INVENTORY, name, *more)

    def up(self) -> float:
        """Bring the cluster up, without the platform."""
        return self.playbook("playbooks/local_cluster.yml")

    def slow_down(self, seconds: int) -> None:
        """Let every simulated pod take so long to get ready, as real ones do that pull an image and start."""
        patch = json.dumps({"spec": {"delay": {"durationMilliseconds": seconds * 1000}}})
        self.run("kubectl", "patch", "stages.kwok.x-k8s.io", "pod-ready", "--type=merge", f"--patch={patch}")

    def down(self) -> None:
        """Remove the cluster."""
        self.playbook("playbooks/local_cluster.yml", "-e", "local_cluster_state=absent")
        shutil.rmtree(self.state, ignore_errors=True)


def landfall(cluster: Cluster) -> dict[str, Any]:
    """Roll the platform out with site.yml, twice; return the seconds of both, and of the stages."""
    cold = cluster.playbook("site.yml")
    stages = json.loads((cluster.state / "summary.json").read_text(encoding="utf-8"))["seconds"]
    again = cluster.playbook("site.yml")
    stages_again = json.loads((cluster.state / "summary.json").read_text(encoding="utf-8"))["seconds"]
    return {"cold": cold, "nothing to do": again, "stages": stages, "stages again": stages_again}


def plain_helm(cluster: Cluster) -> dict[str, Any]:
    """Roll the same out with `helm upgrade --install --wait`, one after another, twice; the definitions come first."""
    cluster.playbook("tests/bench/specs.yml")
    specs = json.loads((cluster.state / "specs.json").read_text(encoding="utf-8"))
    # With Helm alone, the chart that defines ServiceMonitors has to come before those that bring some.
    order = sorted(specs["releases"], key=lambda release: release["name"] != "kube-prometheus-stack")
    found: dict[str, Any] = {}
    for which in ("cold", "nothing to do"):
        begun = time.monotonic()
        for release in order:
            install(cluster, release, specs["charts"][release["name"]]["path"])
        found[which] = time.monotonic() - begun
    return found


def install(cluster: Cluster, release: dict[str, Any], chart: str) -> None:
    """Install or upgrade one release as a person at a shell would, its definitions with it."""
    values = {**release["values"], **(release.get("crds") or {}).get("values", {})}
    file = cluster.state / f"{release['name']}.json"
    file.write_text(json.dumps(values), encoding="utf-8")
    definitions = ["--set", "crds.enabled=true"] if release["name"] == "kube-prometheus-stack" else []
    cluster.run(
        "helm",
        "upgrade",
        "--install",
        release["name"],
        chart,
        f"--namespace={release['namespace']}",
        "--create-namespace",
        f"--values={file}",
        *definitions,
        "--skip-schema-validation",
        "--wait",
        "--timeout=10m",
    )


def side_by_side(folder: Path, pod_seconds: int) -> None:
    """Print site.yml beside plain Helm, each on a fresh cluster whose pods take `pod_seconds` to get ready."""
    figures = {}
    for name, roll_out in (("plain helm", plain_helm), ("site.yml", landfall)):
        cluster = Cluster(folder / f"{name.replace(' ', '-')}-{pod_seconds}")
        cluster.up()
        try:
            if pod_seconds:
                cluster.slow_down(pod_seconds)
            figures[name] = roll_out(cluster)
        finally:
            cluster.down()
    print(f"\npods ready after {pod_seconds} s (simulated)")
    print(f"{'':16}{'plain helm':>12}{'site.yml':>12}{'ratio':>8}")
    for which in ("cold", "nothing to do"):
        helm, ours = figures["plain helm"][which], figures["site.yml"][which]
        print(f"{which:16}{helm:11.1f}s{ours:11.1f}s{ours / helm:8.2f}")
    for title, stages in (("cold", "stages"), ("nothing to do", "stages again")):
        parts = sorted(figures["site.yml"][stages].items(), key=lambda item: -item[1])
        print(f"site.yml, {title}: " + ", ".join(f"{stage} {seconds}" for stage, seconds in parts), flush=True)


def many(folder: Path, counts: list[int]) -> None:
    """Print how long site.yml takes on one cluster and on several at once."""
    for number in counts:
        clusters = [Cluster(folder / f"{number}-{index}") for index in range(number)]
        try:
            for cluster in clusters:
                cluster.up()
            begun = time.monotonic()
            with ThreadPoolExecutor(max_workers=number) as pool:
                list(pool.map(lambda each: each.playbook("site.yml"), clusters))
            seconds = time.monotonic() - begun
            print(f"{number} at once: {seconds:.1f}s, {seconds / number:.1f}s each", flush=True)
        finally:
            for cluster in clusters:
                cluster.down()


def numbers(listed: str) -> list[int]:
    """Read a list such as `1,2,4`; an empty one has no numbers."""
    return [int(each) for each in listed.split(",") if each]


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clusters", default="1,2,4,8", help="clusters at once, a list (default: %(default)s)")
    parser.add_argument(
        "--pod-seconds", default="0,20", help="seconds that a simulated pod takes, a list (default: %(default)s)"
    )
    arguments = parser.parse_args()
    print(f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores", flush=True)
    with tempfile.TemporaryDirectory(prefix="landfall-bench-") as folder:
        for seconds in numbers(arguments.pod_seconds):
            side_by_side(Path(folder), seconds)
        many(Path(folder), numbers(arguments.clusters))


if __name__ == "__main__":
    main()
