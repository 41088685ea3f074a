"""The policies of all components as they are rendered, the pods that there are, and who may reach whom."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube import network_policies
from tests.unit.components.rendering import COMPONENTS, evaluate, release, rendered
from tests.unit.pods.reach import End

API_SERVER = "10.0.3.7"
NAME = "app.kubernetes.io/name"
PART = "app.kubernetes.io/component"
INSTANCE = "app.kubernetes.io/instance"


def pod(namespace: str, name: str, key: str = NAME, address: str = "10.0.77.7") -> End:
    return End(namespace, {key: name}, address)


ECK = "common.k8s.elastic.co/type"
PODS = {
    "nginx": pod("ingress", "nginx-ingress"),
    "prometheus": pod("monitoring", "prometheus"),
    "alertmanager": pod("monitoring", "alertmanager"),
    "grafana": pod("monitoring", "grafana"),
    "kube-state-metrics": pod("monitoring", "kube-state-metrics"),
    "prometheus-operator": pod("monitoring", "prometheus-operator", PART),
    "webhook-job": pod("monitoring", "prometheus-operator-webhook", PART),
    "elastic-operator": pod("elastic-system", "elastic-operator"),
    "elasticsearch": pod("logging", "elasticsearch", ECK),
    "kibana": pod("logging", "kibana", ECK),
    "logs-setup": pod("logging", "logs-setup"),
    "fluent-bit": pod("logging", "fluent-bit"),
    "argocd-controller": pod("argocd", "argocd-application-controller"),
    "argocd-server": pod("argocd", "argocd-server"),
    "argocd-repo": pod("argocd", "argocd-repo-server"),
    "argocd-redis": pod("argocd", "argocd-redis"),
    "argocd-sets": pod("argocd", "argocd-applicationset-controller"),
    "argocd-notifications": pod("argocd", "argocd-notifications-controller"),
    "argocd-dex": pod("argocd", "argocd-dex-server"),
    "flask": End("flask-app", {NAME: "flask-app", INSTANCE: "flask-app"}),
    "flask-test": End("flask-app", {NAME: "flask-app-test", INSTANCE: "flask-app"}),
    "cert-manager": End("cert-manager", {INSTANCE: "cert-manager", PART: "controller"}),
    "cert-manager-webhook": End("cert-manager", {INSTANCE: "cert-manager", PART: "webhook"}),
    "cert-manager-injector": End("cert-manager", {INSTANCE: "cert-manager", PART: "cainjector"}),
    # Those of others, one in each of our namespaces that it might get into.
    "stranger": pod("shop", "web", address="192.0.2.20"),
    "stray-monitoring": pod("monitoring", "stray", address="192.0.2.21"),
    "stray-logging": pod("logging", "stray", address="192.0.2.22"),
    "stray-argocd": pod("argocd", "stray", address="192.0.2.23"),
    "stray-ingress": pod("ingress", "stray", address="192.0.2.25"),
    "stray-operator": pod("elastic-system", "stray", address="192.0.2.26"),
    "stray-flask": pod("flask-app", "stray", address="192.0.2.27"),
    "stray-certificates": pod("cert-manager", "stray", address="192.0.2.28"),
    "their-prometheus": pod("observability", "prometheus", address="192.0.2.24"),
    # What is no pod.
    "api-server": End(address=API_SERVER),
    "load-balancer": End(address="10.0.9.9"),
    "internet": End(address="198.51.100.9"),
    "dns": pod("kube-system", "coredns"),
    "node": End(address="10.0.4.4"),
}

Flow = tuple[str, str, int]
OPEN: tuple[Flow, ...] = (
    # From outside, and what stands behind the edge.
    ("load-balancer", "nginx", 443),
    ("load-balancer", "argocd-server", 8080),
    ("nginx", "grafana", 3000),
    ("nginx", "kibana", 5601),
    ("nginx", "stranger", 8080),
    # The API server calls webhooks; people's checks go through it.
    ("api-server", "prometheus-operator", 10250),
    ("api-server", "prometheus", 9090),
    ("api-server", "alertmanager", 9093),
    ("api-server", "grafana", 3000),
    # Metrics, also for a Prometheus of others.
    ("prometheus", "nginx", 9113),
    ("prometheus", "prometheus", 9090),
    ("prometheus", "alertmanager", 9093),
    ("prometheus", "alertmanager", 8080),
    ("prometheus", "grafana", 3000),
    ("prometheus", "kube-state-metrics", 8080),
    ("prometheus", "prometheus-operator", 10250),
    ("prometheus", "elastic-operator", 8080),
    ("prometheus", "fluent-bit", 2020),
    ("prometheus", "argocd-controller", 8082),
    ("prometheus", "argocd-server", 8083),
    ("prometheus", "argocd-repo", 8084),
    ("prometheus", "argocd-sets", 8080),
    ("prometheus", "argocd-notifications", 9001),
    ("prometheus", "argocd-dex", 5558),
    ("prometheus", "stranger", 9999),
    ("prometheus", "node", 9100),
    ("prometheus", "node", 10250),
    ("prometheus", "api-server", 443),
    ("their-prometheus", "nginx", 9113),
    # Dashboards and alerts.
    ("grafana", "prometheus", 9090),
    ("grafana", "alertmanager", 9093),
    ("alertmanager", "alertmanager", 9094),
    ("alertmanager", "internet", 443),
    # Logs.
    ("fluent-bit", "elasticsearch", 9200),
    ("kibana", "elasticsearch", 9200),
    ("elasticsearch", "elasticsearch", 9300),
    ("elasticsearch", "elasticsearch", 9200),
    ("elastic-operator", "elasticsearch", 9200),
    ("elastic-operator", "kibana", 5601),
    ("logs-setup", "elasticsearch", 9200),
    ("logs-setup", "kibana", 5601),
    # Delivery.
    ("argocd-controller", "argocd-repo", 8081),
    ("argocd-controller", "argocd-redis", 6379),
    ("argocd-server", "argocd-repo", 8081),
    ("argocd-server", "argocd-redis", 6379),
    ("argocd-server", "argocd-dex", 5556),
    ("argocd-server", "argocd-dex", 5557),
    ("argocd-sets", "argocd-repo", 8081),
    ("argocd-notifications", "argocd-repo", 8081),
    ("argocd-repo", "argocd-redis", 6379),
    ("argocd-repo", "internet", 22),
    ("argocd-repo", "internet", 443),
    ("argocd-notifications", "internet", 443),
    ("argocd-dex", "internet", 636),
    ("flask-test", "flask", 8080),
    ("nginx", "flask", 8080),
    ("prometheus", "flask", 8080),
    # Certificates.
    ("cert-manager", "internet", 443),
    ("api-server", "cert-manager-webhook", 10250),
    *(("prometheus", name, 9402) for name in ("cert-manager", "cert-manager-webhook", "cert-manager-injector")),
    *((name, "api-server", 443) for name in ("cert-manager", "cert-manager-webhook", "cert-manager-injector")),
    *((name, "api-server", 443) for name in ("nginx", "grafana", "kube-state-metrics", "prometheus-operator")),
    *((name, "api-server", 443) for name in ("webhook-job", "elastic-operator", "fluent-bit", "argocd-controller")),
    *((name, "api-server", 6443) for name in ("argocd-server", "argocd-sets", "argocd-notifications", "argocd-dex")),
    *((name, "dns", 53) for name in ("elasticsearch", "kibana", "argocd-redis", "stray-monitoring")),
)
SHUT: tuple[Flow, ...] = (
    ("stranger", "flask", 8080),
    ("flask", "internet", 443),
    ("stranger", "prometheus", 9090),
    ("stranger", "alertmanager", 9093),
    ("stranger", "grafana", 3000),
    ("stranger", "elasticsearch", 9200),
    ("stranger", "kibana", 5601),
    ("stranger", "argocd-server", 8080),
    ("stranger", "argocd-repo", 8081),
    ("stranger", "argocd-redis", 6379),
    ("stranger", "nginx", 9113),
    ("stranger", "fluent-bit", 2020),
    ("stray-monitoring", "prometheus", 9090),
    ("stray-monitoring", "alertmanager", 9093),
    ("stray-monitoring", "internet", 443),
    ("stray-logging", "elasticsearch", 9200),
    ("stray-logging", "internet", 443),
    ("stray-argocd", "argocd-redis", 6379),
    ("stray-ingress", "internet", 443),
    ("stray-operator", "internet", 443),
    ("stray-flask", "internet", 443),
    ("stray-argocd", "argocd-repo", 8081),
    ("nginx", "internet", 80),
    ("nginx", "prometheus", 9090),
    ("nginx", "elasticsearch", 9200),
    ("nginx", "argocd-redis", 6379),
    ("kibana", "internet", 443),
    ("elasticsearch", "internet", 443),
    ("fluent-bit", "kibana", 5601),
    ("argocd-redis", "internet", 443),
    ("argocd-controller", "internet", 22),
    ("alertmanager", "stranger", 8080),
    ("grafana", "elasticsearch", 9200),
    ("flask-test", "internet", 443),
    ("internet", "argocd-server", 8080),
    ("internet", "prometheus", 9090),
    ("their-prometheus", "elasticsearch", 9200),
    ("stranger", "cert-manager", 9402),
    ("cert-manager-webhook", "internet", 80),
    ("cert-manager-injector", "internet", 80),
    ("stray-certificates", "internet", 443),
)


def rows(**settings: Any) -> list[dict[str, Any]]:
    """Return the rows of all components."""
    return [row for each in COMPONENTS for row in evaluate(each, f"{each}_component.network_policies", **settings)]


@cache
def policies() -> list[dict[str, Any]]:
    """Return all NetworkPolicies, with the one of the chart flask-app; the API server connects from one address."""
    ours = [row for row in rows() if row["namespace"] != "kube-system"]
    made = [network_policies.policy(row, [f"{API_SERVER}/32"]) for row in ours]
    return [*made, *_of_chart()]


def _of_chart() -> list[dict[str, Any]]:
    found = next(each for each in rendered(release("flask-app")) if each["kind"] == "NetworkPolicy")
    written = json.dumps(found).replace('"port": "http"', '"port": 8080, "protocol": "TCP"')
    made: dict[str, Any] = json.loads(written)
    made["metadata"]["namespace"] = "flask-app"
    return [made]
