"""The processes of the cluster, each with its command and its health."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import (
    real_node,
)
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.place import LOOPBACK, Place
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.processes import Health, Program
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.settings import (
    API_SERVER_IP,
    POD_CIDR,
    SERVICE_CIDR,
)

FAKE_NODE_ANNOTATION = "kwok.x-k8s.io/node"
FAKE_NODE_VALUE = "fake"
KUBELET_PORT = 10250
AUDIT_POLICY = "audit-policy.yml"
# Whatever name this interpreter was called by, its processes are the same ones.
PYTHON = f"{sys.prefix}/bin/python3"


def programs(place: Place) -> list[Program]:
    """Return every process of the cluster, each after those that it needs."""
    return [
        _etcd(place),
        _egress_proxy(place),
        _moto(place),
        _api_server(place),
        _controller_manager(place),
        _scheduler(place),
        _kwok(place),
        _metrics_server(place),
        *([_real_node(place)] if place.settings.real_node else []),
    ]


def _etcd(place: Place) -> Program:
    client, peer = place.url("etcd"), place.url("etcd-peer")
    pair = {"cert-file": place.certificate("etcd"), "key-file": place.key("etcd")}
    trust = {"trusted-ca-file": place.certificate("ca"), "client-cert-auth": True}
    flags = {
        "name": place.settings.name,
        "data-dir": place.path("etcd"),
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"{place.settings.name}={peer}",
        **pair,
        **trust,
        **{f"peer-{flag}": value for flag, value in {**pair, **trust}.items()},
        "auto-compaction-retention": "1",
        "logger": "zap",
        "log-level": "warn",
        "unsafe-no-fsync": True,
    }
    return Program(
        "etcd",
        _command(place.tool("etcd"), flags),
        place.health("etcd", "/health"),
        reads=_pairs(place, "etcd", "ca"),
    )


def _egress_proxy(place: Place) -> Program:
    script = place.path("egress_proxy.py")
    flags = {"routes": place.path("routes.json"), "socket": "egress.sock", "port": place.ports["egress-proxy"]}
    return Program(
        "egress-proxy",
        _command(PYTHON, flags, str(script)),
        Health(place.ports["egress-proxy"], "/healthz"),
        reads=(script,),
    )


def _moto(place: Place) -> Program:
    port = place.ports["moto"]
    credentials = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    return Program(
        "moto",
        (PYTHON, "-m", "moto.server", "-H", LOOPBACK, "-p", str(port)),
        Health(port, "/moto-api/"),
        environment=credentials | {"MOTO_IAM_LOAD_MANAGED_POLICIES": "true", "MOTO_EC2_LOAD_DEFAULT_AMIS": "false"},
    )


def _api_server(place: Place) -> Program:
    service_account_key = place.pki / "service-account.key"
    flags = {
        "bind-address": LOOPBACK,
        "secure-port": place.ports["kube-apiserver"],
        "advertise-address": API_SERVER_IP,
        "tls-cert-file": place.certificate("apiserver"),
        "tls-private-key-file": place.key("apiserver"),
        "client-ca-file": place.certificate("ca"),
        "etcd-servers": place.url("etcd"),
        "etcd-cafile": place.certificate("ca"),
        "etcd-certfile": place.certificate("etcd-client"),
        "etcd-keyfile": place.key("etcd-client"),
        "authorization-mode": "Node,RBAC",
        "allow-privileged": True,
        "service-cluster-ip-range": SERVICE_CIDR,
        "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
        "service-account-key-file": service_account_key,
        "service-account-signing-key-file": service_account_key,
        "kubelet-certificate-authority": place.certificate("ca"),
        "kubelet-client-certificate": place.certificate("kubelet-client"),
        "kubelet-client-key": place.key("kubelet-client"),
        "kubelet-preferred-address-types": "InternalIP",
        "requestheader-client-ca-file": place.certificate("front-proxy-ca"),
        "requestheader-allowed-names": "front-proxy-client",
        "requestheader-username-headers": "X-Remote-User",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "proxy-client-cert-file": place.certificate("front-proxy"),
        "proxy-client-key-file": place.key("front-proxy"),
        "egress-selector-config-file": place.path("egress-selector.yml"),
        "enable-aggregator-routing": True,
        "profiling": False,
    }
    audit = _audit(place) if place.settings.audit else {}
    pairs = _pairs(place, "apiserver", "ca", "etcd-client", "kubelet-client", "front-proxy-ca", "front-proxy")
    return Program(
        "kube-apiserver",
        _command(place.tool("kube-apiserver"), flags | audit),
        place.health("kube-apiserver", "/readyz"),
        needs=("etcd",),
        reads=(
            *pairs,
            service_account_key,
            place.path("egress-selector.yml"),
            *([place.path(AUDIT_POLICY)] if audit else []),
        ),
    )


def _audit(place: Place) -> dict[str, Any]:
    """Return the flags by which the API server writes down who asks it for what: 400 MB of it at most."""
    return {
        "audit-policy-file": place.path(AUDIT_POLICY),
        "audit-log-path": place.path("audit.log"),
        "audit-log-maxsize": 100,
        "audit-log-maxbackup": 3,
    }


def _controller_manager(place: Place) -> Program:
    name = "kube-controller-manager"
    flags = _client_flags(place, name) | {
        "service-account-private-key-file": place.pki / "service-account.key",
        "root-ca-file": place.certificate("ca"),
        "cluster-signing-cert-file": place.certificate("ca"),
        "cluster-signing-key-file": place.key("ca"),
        "use-service-account-credentials": True,
        "allocate-node-cidrs": False,
        # Fake nodes report by status alone, and a suspended machine must not lose its pods.
        "node-monitor-grace-period": "1h",
        "kube-api-qps": 200,
        "kube-api-burst": 400,
    }
    return _client(place, name, flags, "/healthz")


def _scheduler(place: Place) -> Program:
    return _client(place, "kube-scheduler", _client_flags(place, "kube-scheduler"), "/healthz")


def _client_flags(place: Place, name: str) -> dict[str, Any]:
    kubeconfig_path = place.kubeconfig(name)
    return {
        "kubeconfig": kubeconfig_path,
        "authentication-kubeconfig": kubeconfig_path,
        "authorization-kubeconfig": kubeconfig_path,
        "bind-address": LOOPBACK,
        "secure-port": place.ports[name],
        "tls-cert-file": place.certificate(name),
        "tls-private-key-file": place.key(name),
        "leader-elect": False,
        "profiling": False,
    }


def _kwok(place: Place) -> Program:
    port = place.ports["kwok"]
    flags = {
        "kubeconfig": place.kubeconfig("kwok"),
        "config": place.path("kwok.yml"),
        "enable-crds": "Stage",
        "cidr": POD_CIDR,
        "manage-all-nodes": False,
        "manage-nodes-with-annotation-selector": f"{FAKE_NODE_ANNOTATION}={FAKE_NODE_VALUE}",
        # A lease would keep a restarted kwok from its nodes until the one before ran out.
        "node-lease-duration-seconds": 0,
        "node-port": KUBELET_PORT,
        "server-address": f"{LOOPBACK}:{port}",
        "tls-cert-file": place.certificate("kubelet"),
        "tls-private-key-file": place.key("kubelet"),
    }
    return _client(place, "kwok", flags, "/healthz", certificate="kubelet")


def _metrics_server(place: Place) -> Program:
    name = "metrics-server"
    flags = _client_flags(place, name) | {
        "kubelet-certificate-authority": place.certificate("ca"),
        "kubelet-preferred-address-types": "InternalIP",
        "kubelet-use-node-status-port": True,
        "kubelet-request-timeout": "5s",
        "metric-resolution": "10s",
    }
    del flags["leader-elect"]
    # The nodes' addresses are nobody's: only the egress proxy knows who answers for them.
    proxy = {"HTTPS_PROXY": f"http://{LOOPBACK}:{place.ports['egress-proxy']}"}
    return _client(place, name, flags, "/livez", environment=proxy)


def _real_node(place: Place) -> Program:
    return real_node.program(place.node, place.ports, place.pki, PYTHON)


def _client(
    place: Place,
    name: str,
    flags: dict[str, Any],
    health: str,
    *,
    certificate: str = "",
    environment: dict[str, str] | None = None,
) -> Program:
    """A program that works through the API server."""
    config = (place.path("kwok.yml"),) if "config" in flags else ()
    return Program(
        name,
        _command(place.tool(name), flags),
        place.health(name, health),
        needs=("kube-apiserver",),
        reads=(place.kubeconfig(name), *_pairs(place, certificate or name, "ca"), *config),
        environment=environment or {},
    )


def _pairs(place: Place, *names: str) -> tuple[Path, ...]:
    return tuple(Path(path(name)) for name in names for path in (place.certificate, place.key))


def _command(program: str, flags: dict[str, Any], *first: str) -> tuple[str, ...]:
    return (program, *first, *(f"--{flag}={_value(value)}" for flag, value in flags.items()))


def _value(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)
