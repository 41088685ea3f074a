"""The edge as the upstream charts render it: not what our values say, but what the cluster would be given.

Runs where LANDFALL_CHART_CACHE names a folder with the pinned charts.
"""

import json
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.components.rendering import evaluate, release

CACHE = os.environ.get("LANDFALL_CHART_CACHE", "")
CIDR = "198.51.100.0/24"
AWS = "service.beta.kubernetes.io/aws-load-balancer-"

pytestmark = [
    pytest.mark.skipif(not CACHE, reason="not run: LANDFALL_CHART_CACHE names no folder with the pinned charts"),
    pytest.mark.skipif(not shutil.which("helm"), reason="not run: there is no helm (make tools)"),
]


@cache
def rendered(name: str, **settings: Any) -> list[dict[str, Any]]:
    """Return the objects of a release, as its upstream chart renders them from our values."""
    spec = release(name, ingress_allowed_cidrs=[CIDR], **settings)
    return templated(name, spec, spec["values"])


def with_values(name: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the objects of a chart with other values than ours, but for the names."""
    return templated(name, release(name), {"fullnameOverride": "argocd", **values})


def templated(name: str, spec: dict[str, Any], values: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a chart renders."""
    archive = Path(CACHE) / f"{name}-{spec['chart']['version']}.tgz"
    options = {"--namespace": spec["namespace"], "--kube-version": "1.35", "--values": "-"}
    words = [word for option in options.items() for word in option]
    done = subprocess.run(
        ["helm", "template", name, archive, "--skip-schema-validation", *words],
        input=json.dumps(values),
        capture_output=True,
        text=True,
        check=True,
    )
    return [each for each in yaml.safe_load_all(done.stdout) if each]


def one(chart: str, kind: str, name: str, **settings: Any) -> dict[str, Any]:
    """Return the one object of a kind and name."""
    found = [each for each in rendered(chart, **settings) if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    assert len(found) == 1
    return found[0]


def test_nginx_has_a_network_load_balancer_for_https_alone() -> None:
    service = one("nginx-ingress", "Service", "nginx-ingress-controller")
    spec = service["spec"]
    assert (spec["type"], spec["loadBalancerClass"]) == ("LoadBalancer", "service.k8s.aws/nlb")
    assert [(each["port"], each["targetPort"]) for each in spec["ports"]] == [(443, 443)]
    assert spec["loadBalancerSourceRanges"] == [CIDR]
    said = {key.removeprefix(AWS): value for key, value in service["metadata"]["annotations"].items()}
    assert said["scheme"] == "internet-facing"
    assert said["nlb-target-type"] == "ip"
    assert said["proxy-protocol"] == "*"
    assert said["healthcheck-protocol"] == "tcp"
    assert said["attributes"] == "load_balancing.cross_zone.enabled=true"
    assert "preserve_client_ip.enabled=false" in said["target-group-attributes"]


def test_an_internal_one_is_internal() -> None:
    service = one("nginx-ingress", "Service", "nginx-ingress-controller", ingress_scheme="internal")
    assert service["metadata"]["annotations"][f"{AWS}scheme"] == "internal"


def test_the_load_balancer_lets_go_before_nginx_stops() -> None:
    service = one("nginx-ingress", "Service", "nginx-ingress-controller")
    found = re.search(
        r"deregistration_delay\.timeout_seconds=(\d+)",
        service["metadata"]["annotations"][f"{AWS}target-group-attributes"],
    )
    assert found
    pod = one("nginx-ingress", "Deployment", "nginx-ingress-controller")["spec"]["template"]["spec"]
    stops = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert int(found.group(1)) < stops < pod["terminationGracePeriodSeconds"]


def test_no_network_policy_of_a_chart_is_beside_ours() -> None:
    """What one of them allows is allowed; and a release cannot be installed over an object that we applied."""
    names = {each["name"] for each in evaluate("argocd", "__argocd_network_policies")}
    assert [each["metadata"]["name"] for each in rendered("argo-cd") if each["kind"] == "NetworkPolicy"] == []
    of_chart = {each["metadata"]["name"] for each in with_values("argo-cd", {}) if each["kind"] == "NetworkPolicy"}
    assert "argocd-server" in of_chart, "the control: the chart makes some unless it is told not to"
    assert of_chart & names == set(), "Helm removes them where an earlier release had them"


def test_nginx_believes_proxy_protocol_from_the_vpc_and_tells_nobody_of_itself() -> None:
    data = one("nginx-ingress", "ConfigMap", "nginx-ingress")["data"]
    assert (data["proxy-protocol"], data["real-ip-header"]) == ("true", "proxy_protocol")
    assert "10.0.0.0/8" in data["set-real-ip-from"].split(",")
    assert "0.0.0.0/0" not in data["set-real-ip-from"]
    deployment = one("nginx-ingress", "Deployment", "nginx-ingress-controller")
    arguments = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
    assert "-enable-telemetry-reporting=false" in arguments
    assert "-default-server-tls-secret=ingress/ingress-tls" in arguments
    assert "-wildcard-tls-secret=ingress/ingress-tls" in arguments
    assert deployment["spec"]["replicas"] >= 2
    assert one("nginx-ingress", "PodDisruptionBudget", "nginx-ingress-controller")["spec"]["maxUnavailable"] == 1


def test_kibana_is_https_on_both_sides_of_nginx() -> None:
    ingress = one("eck-stack", "Ingress", "kibana")
    assert ingress["metadata"]["annotations"]["nginx.org/ssl-services"] == "kibana-kb-http"
    assert ingress["spec"]["ingressClassName"] == "nginx"
    assert ingress["spec"]["tls"] == [{"hosts": ["kibana.example.org"], "secretName": "kibana-tls"}]
    kibana = one("eck-stack", "Kibana", "kibana")
    assert kibana["spec"]["config"]["server.publicBaseUrl"] == "https://kibana.example.org"
    assert "tls" not in kibana["spec"].get("http", {})


def test_argo_cd_is_reached_through_our_service_alone_and_its_secret_is_ours() -> None:
    services = [each for each in rendered("argo-cd") if each["kind"] == "Service"]
    assert services
    assert {each["spec"].get("type", "ClusterIP") for each in services} == {"ClusterIP"}
    server = one("argo-cd", "Service", "argocd-server")
    pods = one("argo-cd", "Deployment", "argocd-server")["spec"]["template"]["metadata"]["labels"]
    assert server["spec"]["selector"].items() <= pods.items()
    secrets = [each["metadata"]["name"] for each in rendered("argo-cd") if each["kind"] == "Secret"]
    assert "argocd-secret" not in secrets
    assert [each for each in rendered("argo-cd") if each["kind"] == "Ingress"] == []


def test_no_other_release_opens_a_way_in() -> None:
    for name in ("kube-prometheus-stack", "fluent-bit", "eck-operator", "aws-load-balancer-controller"):
        types = {each["spec"].get("type", "ClusterIP") for each in rendered(name) if each["kind"] == "Service"}
        assert types <= {"ClusterIP"}, name
