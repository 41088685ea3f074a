"""The real node: kubelet and containerd beside the simulated kubelets, as root, in namespaces of their own.

All of its processes, mounts and network namespaces end with its first process. real_node_files writes what they read,
and real_node_machine removes what outlives them.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.landfall.eks.plugins.module_utils.libraries.psutil import psutil
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import (
    files,
    real_node_init,
)
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.processes import (
    Health,
    Program,
    Running,
)
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.settings import (
    REAL_NODE_CIDR,
    LocalClusterError,
    Settings,
)

LABEL = "landfall.test/real"
NAME = "real-node"
KUBELET_PORT_NAME = "kubelet"
LOOPBACK = "127.0.0.1"
PREFIX = 24
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PROGRAMS = {
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "ip": "iproute2",
    "unshare": "util-linux",
    "mount": "mount",
}
CNI_FOLDERS = ("/usr/lib/cni", "/opt/cni/bin")
CNI_PLUGINS = ("bridge", "host-local", "loopback")


@dataclass(frozen=True)
class Node:
    """The real node of a cluster, with the names that are derived from the cluster's folder."""

    settings: Settings

    @property
    def name(self) -> str:
        """Its name in the cluster."""
        return f"{self.settings.name}-real"

    @property
    def folder(self) -> Path:
        """The folder of everything that it keeps."""
        return self.settings.directory / "node"

    @property
    def mark(self) -> str:
        """Eight digits that no other cluster of this machine has."""
        return hashlib.sha256(str(self.settings.directory).encode()).hexdigest()[:8]

    @property
    def bridge(self) -> str:
        """The bridge that pods are plugged into; a network interface's name has at most 15 letters."""
        return f"landfall{self.mark[:7]}"

    @property
    def cgroup(self) -> str:
        """The cgroup of all pods."""
        return f"landfall-{self.mark}"

    @property
    def network(self) -> ipaddress.IPv4Network:
        """The addresses of its pods: as chosen once by `choose_network`."""
        return ipaddress.IPv4Network(files.read_json(self.folder / "network.json")["cidr"])

    @property
    def address(self) -> str:
        """The address of the bridge, which is the node's own."""
        return str(self.network[1])


def lacking() -> list[str]:
    """Return what this machine lacks for a real node, each as a word with the Debian package that brings it."""
    missing = [] if os.geteuid() == 0 else ["root"]
    found = {program: shutil.which(program, path=PATH) for program in PROGRAMS}
    missing += [f"{program} (package {package})" for program, package in PROGRAMS.items() if not found[program]]
    if not cni_folder():
        missing.append("the CNI plugins (package containernetworking-plugins)")
    return missing


def check(settings: Settings) -> None:
    """LocalClusterError, in one sentence, where this machine cannot have a real node."""
    missing = lacking()
    if missing:
        raise LocalClusterError(
            f"A real node needs {', '.join(missing)}: on Debian run `make system-packages` as root, "
            "then `make up REAL_NODE=1` as root; or leave REAL_NODE out."
        )
    hidden = [
        path
        for path in (str(settings.directory), str(settings.tools.resolve()), sys.prefix, sys.base_prefix)
        if path.startswith(tuple(f"{place}/" for place in real_node_init.PRIVATE))
    ]
    if hidden:
        raise LocalClusterError(
            f"A real node replaces {' and '.join(real_node_init.PRIVATE)} for itself, and {hidden[0]} lies there: "
            "use a checkout, and a LANDFALL_STATE_DIR, elsewhere."
        )


def cni_folder() -> str:
    """Return the folder of the CNI plugins, or nothing."""
    return next((f for f in CNI_FOLDERS if all(Path(f, each).is_file() for each in CNI_PLUGINS)), "")


def choose_network(node: Node) -> None:
    """Choose the pods' addresses once, apart from those that the machine has."""
    record = node.folder / "network.json"
    if files.read_json(record).get("cidr"):
        return
    taken = [
        ipaddress.ip_address(each.address)
        for addresses in psutil.net_if_addrs().values()
        for each in addresses
        if each.family == socket.AF_INET
    ]
    choices = list(ipaddress.IPv4Network(REAL_NODE_CIDR).subnets(new_prefix=PREFIX))
    first = int(node.mark, 16) % len(choices)
    for choice in choices[first:] + choices[:first]:
        if not any(address in choice for address in taken):
            files.write_json(record, {"cidr": str(choice)})
            return
    raise LocalClusterError(f"No network of {REAL_NODE_CIDR} is free on this machine: end another cluster's real node.")


def program(node: Node, ports: dict[str, int], pki_folder: Path, python: str) -> Program:
    """Return the node as one process to keep running."""
    folder = node.folder
    unshare = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation=private")
    # Without our marks: what runs in the node is ended with its first process, and never one by one.
    clean = ("env", "--ignore-environment", f"PATH={PATH}", f"HOME={folder}")
    read = ("init.py", "plan.json", "kubelet.yml", "containerd.toml", "cni/10-landfall.conflist", "pause.tar")
    certificate = tuple(pki_folder / name for name in (f"{NAME}.crt", f"{NAME}.key", "ca.crt"))
    kubeconfig = node.settings.directory / "kubeconfigs" / f"{NAME}.yml"
    return Program(
        NAME,
        (*unshare, *clean, python, str(folder / "init.py"), str(folder / "plan.json")),
        Health(ports[NAME], "/healthz"),
        reads=(*(folder / each for each in read), *certificate, kubeconfig),
    )


def import_images(node: Node, running: Running) -> list[str]:
    """Put the images of the settings into the node's containerd; return the names of those that were not there."""
    record = node.folder / "images.json"
    known = files.read_json(record)
    there = _ctr(running, "images", "ls", "--quiet").split()
    missing = [each for each in node.settings.images if each.name not in there or known.get(each.name) != each.id]
    for each in missing:
        _ctr(running, "images", "import", each.archive)
        files.write_json(record, files.read_json(record) | {each.name: each.id})
    return [each.name for each in missing]


def _ctr(running: Running, *words: str) -> str:
    """Give containerd a command, through the node's own /run."""
    first = running.process.children()[0].pid
    address = f"/proc/{first}/root{real_node_init.SOCKET}"
    command = ["ctr", "--address", address, "--namespace", "k8s.io", *words]
    # pylint: disable-next=ansible-bad-function
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise LocalClusterError(f"containerd refused `ctr {' '.join(words)}`: fix its error: {done.stderr.strip()}")
    return done.stdout
