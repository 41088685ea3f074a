"""The files that the real node's kubelet, containerd and first process read."""

from __future__ import annotations

import inspect
import json
import platform
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.libraries.yaml import yaml
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import (
    files,
    pause_image,
    pki,
    real_node,
    real_node_init,
    real_node_machine,
)
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.real_node import LOOPBACK, NAME, Node


def prepare(node: Node, ports: dict[str, int], pki_folder: Path) -> None:
    """Write everything that the node reads, except its kubeconfig; keep what kubelet will change in the kernel."""
    real_node.check(node.settings)
    real_node.choose_network(node)
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
    real_node_machine.keep_sysctls()


def containerd_config(node: Node) -> str:
    """Return containerd's configuration: everything of it in the node's folder, or in the node's own /run."""
    cri = 'plugins."io.containerd.grpc.v1.cri"'
    runc = f"{cri}.containerd.runtimes.runc"
    tables: dict[str, dict[str, Any]] = {
        "": {"version": 2, "root": str(node.folder / "containerd"), "state": "/run/containerd"},
        "grpc": {"address": str(real_node_init.SOCKET)},
        'plugins."io.containerd.internal.v1.opt"': {"path": str(node.folder / "opt")},
        cri: {
            "sandbox_image": pause_image.NAME,
            "restrict_oom_score_adj": True,
            "stream_server_address": LOOPBACK,
        },
        f"{cri}.cni": {"bin_dir": real_node.cni_folder(), "conf_dir": str(node.folder / "cni")},
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
        "port": ports[real_node.KUBELET_PORT_NAME],
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
        "registerWithTaints": [{"key": real_node.LABEL, "effect": "NoExecute"}],
        # The machine is not ours alone: a full disk of it is no reason to evict pods or to drop images.
        "evictionHard": {"memory.available": "1Mi"},
        "imageGCHighThresholdPercent": 100,
        "maxPods": 50,
    }


def plan(node: Node) -> dict[str, Any]:
    """Return what the node's first process is told."""
    settings = node.settings
    labels = {
        real_node.LABEL: "true",
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
        "address": f"{node.address}/{real_node.PREFIX}",
        "cgroup": node.cgroup,
        "pause": str(node.folder / "pause.tar"),
        "containerd": ["containerd", "--config", str(node.folder / "containerd.toml")],
        "kubelet": [str(settings.tools / "kubelet"), *(f"--{flag}={value}" for flag, value in flags.items())],
    }
