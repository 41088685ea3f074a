"""What a real node changes on its machine beyond its own processes, and how that is put back.

Its bridge and its cgroup are named after the cluster's folder; the kernel settings belong to the whole machine.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import time
from pathlib import Path

from ansible_collections.landfall.eks.plugins.module_utils.libraries.psutil import psutil
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import files, real_node_init
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.real_node import PATH, Node
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.settings import LocalClusterError

SYSCTLS = (
    "kernel/keys/root_maxbytes",
    "kernel/keys/root_maxkeys",
    "kernel/panic",
    "kernel/panic_on_oops",
    "vm/overcommit_memory",
    "vm/panic_on_oom",
)
SYSCTL_RECORD = Path("/run/landfall/sysctls.json")
"""Shared by all clusters of the machine, and gone after a reboot as the settings are."""
END_SECONDS = 20


def keep_sysctls() -> None:
    """Note the kernel settings that kubelet changes, unless another cluster's node has changed them already."""
    SYSCTL_RECORD.parent.mkdir(mode=0o700, exist_ok=True)
    with (SYSCTL_RECORD.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not SYSCTL_RECORD.exists():
            files.write_json(SYSCTL_RECORD, {name: Path("/proc/sys", name).read_text().strip() for name in SYSCTLS})


def kubelet_runs() -> bool:
    """Say whether any kubelet runs on this machine."""
    return any(each.info["name"] == "kubelet" for each in psutil.process_iter(["name"]))


def restore_sysctls() -> None:
    """Put the kernel settings back, unless another kubelet of this machine relies on them."""
    if not SYSCTL_RECORD.exists() or kubelet_runs():
        return
    for name, value in files.read_json(SYSCTL_RECORD).items():
        Path("/proc/sys", name).write_text(value)
    shutil.rmtree(SYSCTL_RECORD.parent)


def clear(node: Node) -> bool:
    """Remove what outlives the node's processes, which have been ended; return whether there was anything."""
    bridge = Path("/sys/class/net", node.bridge)
    cgroups = [path for root in real_node_init.hierarchies() if (path := root / node.cgroup).is_dir()]
    found = bridge.exists() or bool(cgroups) or node.folder.exists()
    if found:
        for each in cgroups:
            _remove_cgroups(each)
        if bridge.exists():
            command = [shutil.which("ip", path=PATH) or "ip", "link", "delete", node.bridge]
            subprocess.run(command, check=True, capture_output=True)  # pylint: disable=ansible-bad-function
        shutil.rmtree(node.folder, ignore_errors=True)
        restore_sysctls()
    return found


def _remove_cgroups(top: Path) -> None:
    """Remove a cgroup with all below it, waiting for the last processes in it to be gone."""
    deadline = time.monotonic() + END_SECONDS
    while top.exists():
        try:
            for folder in sorted((each for each in top.rglob("*") if each.is_dir()), reverse=True):
                folder.rmdir()
            top.rmdir()
        except OSError as error:
            if time.monotonic() > deadline:
                raise LocalClusterError(
                    f"{error.filename} still holds processes: end them, then do this again."
                ) from error
            time.sleep(0.1)
