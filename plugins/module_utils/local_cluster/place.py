"""Where a local cluster keeps its files, and on which ports its programs listen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import real_node
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.processes import Health
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.settings import Settings

LOOPBACK = "127.0.0.1"
CLIENTS = ("kube-controller-manager", "kube-scheduler", "kwok", "metrics-server")
NAMES = ("etcd", "egress-proxy", "moto", "kube-apiserver", *CLIENTS)
PORTS = (*NAMES, "etcd-peer", real_node.NAME, real_node.KUBELET_PORT_NAME)


@dataclass(frozen=True)
class Place:
    """Where the cluster keeps its things, and on which ports it listens."""

    settings: Settings
    ports: dict[str, int]

    @property
    def node(self) -> real_node.Node:
        """The real node, whether there is to be one or not."""
        return real_node.Node(self.settings)

    @property
    def pki(self) -> Path:
        """The folder of keys and certificates."""
        return self.settings.directory / "pki"

    def path(self, name: str) -> Path:
        """A file of the cluster's folder."""
        return self.settings.directory / name

    def certificate(self, name: str) -> str:
        """The path of a certificate."""
        return str(self.pki / f"{name}.crt")

    def key(self, name: str) -> str:
        """The path of a key."""
        return str(self.pki / f"{name}.key")

    def tool(self, name: str) -> str:
        """The path of a program."""
        return str(self.settings.tools / name)

    def kubeconfig(self, client: str) -> Path:
        """The path of the kubeconfig of one of the cluster's own programs."""
        return self.path("kubeconfigs") / f"{client}.yml"

    def url(self, name: str) -> str:
        """The loopback address of one of the HTTPS servers."""
        return f"https://{LOOPBACK}:{self.ports[name]}"

    def health(self, name: str, path: str) -> Health:
        """How to ask one of the HTTPS servers, as the administrator."""
        return Health(self.ports[name], path, self.certificate("ca"), self.certificate("admin"), self.key("admin"))
