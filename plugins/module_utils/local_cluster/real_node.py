"""The real node: kubelet and containerd beside the simulated kubelets, as root, in namespaces of their own.

All of its processes, mounts and network namespaces end with its first process. What outlives that, a bridge, a cgroup
and some kernel settings, is named after the cluster's folder and removed by `clear`.
"""

from __future__ import annotations

import fcntl
import hashlib
import inspect
import ipaddress
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import (
    files,
    pause_image,
    pki,
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


def prepare(node: Node, ports: dict[str, int], pki_folder: Path) -> None:
    """Write everything that the node reads, except its kubeconfig; keep what kubelet will change in the kernel."""
    check(node.settings)
    choose_network(node)
    leaf = pki.Leaf(NAME, f"system:node:{node.name}", "system:nodes", hosts=(*pki.LOOPBACK, node.address, node.name))
    pki.issue(pki_folder, leaf)
    folder = node.folder
    pause = pause_image.archive(node.settings.tools / "pause", platform.machine())
    files.write(folder / "pause.tar", pause)
    files.write(folder / "init.py", inspect.getsource(real_node_init))
    files.write(folder / "resolv.conf", "")
    files.write(folder / "containerd.toml", containerd_config(node))
    files.write_json(folder / "cni" / "10-landfall.conflist", cni_config(node))
    files.write(folder / "kubelet.yml", yaml.safe_dump(kubelet_config(node, ports, pki_folder)))
    files.write_json(folder / "plan.json", plan(node))
    keep_sysctls()


def containerd_config(node: Node) -> str:
    """Return containerd's configuration: everything of it in the node's folder, or in the node's own /run."""
    cri = 'plugins."io.containerd.grpc.v1.cri"'
    runc = f"{cri}.containerd.runtimes.runc"
    tables: dict[str, dict[str, Any]] = {
        "": {"version": 2, "root": str(node.folder / "containerd"), "state": "/run/containerd"},
        "grpc": {"address": str(real_node_init.SOCKET)},
        'plugins."io.containerd.internal.v1.opt"': {"path": str(node.folder / "opt")},
        cri: {"sandbox_image": pause_image.NAME, "restrict_oom_score_adj": True, "stream_server_address": LOOPBACK},
        f"{cri}.cni": {"bin_dir": cni_folder(), "conf_dir": str(node.folder / "cni")},
        f"{cri}.containerd": {"default_runtime_name": "runc", "snapshotter": "overlayfs"},
        runc: {"runtime_type": "io.containerd.runc.v2"},
        f"{runc}.options": {"SystemdCgroup": False},
    }
    lines = []
    for table, settings in tables.items():
        lines += [f"[{table}]"] if table else []
        lines += [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    return "\n".join([*lines, ""])


def cni_config(node: Node) -> dict[str, Any]:
    """Return the pods' network: a bridge and nothing beyond it, so that no pod reaches further than this machine."""
    ipam = {"type": "host-local", "dataDir": "/run/cni", "ranges": [[{"subnet": str(node.network)}]]}
    bridge = {"type": "bridge", "bridge": node.bridge, "isGateway": False, "ipMasq": False, "ipam": ipam}
    return {"cniVersion": "0.4.0", "name": "landfall", "plugins": [bridge]}


def kubelet_config(node: Node, ports: dict[str, int], pki_folder: Path) -> dict[str, Any]:
    """Return kubelet's configuration: it listens on loopback alone, and changes nothing of the machine but sysctls."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": LOOPBACK,
        "port": ports[KUBELET_PORT_NAME],
        "healthzBindAddress": LOOPBACK,
        "healthzPort": ports[NAME],
        "tlsCertFile": str(pki_folder / f"{NAME}.crt"),
        "tlsPrivateKeyFile": str(pki_folder / f"{NAME}.key"),
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": False},
            "x509": {"clientCAFile": str(pki_folder / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "containerRuntimeEndpoint": f"unix://{real_node_init.SOCKET}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{node.cgroup}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "enforceNodeAllocatable": [],
        "makeIPTablesUtilChains": False,
        "oomScoreAdj": 0,
        "resolvConf": str(node.folder / "resolv.conf"),
        "volumePluginDir": str(node.folder / "volume-plugins"),
        "registerWithTaints": [{"key": LABEL, "effect": "NoExecute"}],
        # The machine is not ours alone: a full disk of it is no reason to evict pods or to drop images.
        "evictionHard": {"memory.available": "1Mi"},
        "imageGCHighThresholdPercent": 100,
        "maxPods": 50,
    }


def plan(node: Node) -> dict[str, Any]:
    """Return what the node's first process is told."""
    settings = node.settings
    labels = {
        LABEL: "true",
        "topology.kubernetes.io/region": settings.region,
        "topology.kubernetes.io/zone": settings.subnets()[0].zone,
    }
    flags = {
        "config": node.folder / "kubelet.yml",
        "kubeconfig": settings.directory / "kubeconfigs" / f"{NAME}.yml",
        "root-dir": node.folder / "kubelet",
        "hostname-override": node.name,
        "node-ip": node.address,
        "node-labels": ",".join(f"{key}={value}" for key, value in labels.items()),
    }
    return {
        "folder": str(node.folder),
        "logs": str(settings.directory / "logs"),
        "bridge": node.bridge,
        "address": f"{node.address}/{PREFIX}",
        "cgroup": node.cgroup,
        "pause": str(node.folder / "pause.tar"),
        "containerd": ["containerd", "--config", str(node.folder / "containerd.toml")],
        "kubelet": [str(settings.tools / "kubelet"), *(f"--{flag}={value}" for flag, value in flags.items())],
    }


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
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise LocalClusterError(f"containerd refused `ctr {' '.join(words)}`: fix its error: {done.stderr.strip()}")
    return done.stdout


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
            subprocess.run(command, check=True, capture_output=True)
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
