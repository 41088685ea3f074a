import re
from typing import Any

import pytest

from tests.unit.components.rendering import evaluate, release

AWS = "service.beta.kubernetes.io/aws-load-balancer-"


def nginx(**settings: Any) -> dict[str, Any]:
    controller: dict[str, Any] = release("nginx-ingress", **settings)["values"]["controller"]
    return controller


def annotations(**settings: Any) -> dict[str, str]:
    found: dict[str, str] = nginx(**settings)["service"]["annotations"]
    return {key.removeprefix(AWS): value for key, value in found.items()}


def argocd_service(**settings: Any) -> dict[str, Any]:
    service: dict[str, Any] = evaluate("argocd", "__argocd_service", **settings)
    return service


def argocd_annotations(**settings: Any) -> dict[str, str]:
    found: dict[str, str] = argocd_service(**settings)["metadata"]["annotations"]
    return {key.removeprefix(AWS): value for key, value in found.items()}


def delay(target_group: str) -> int:
    found = re.search(r"deregistration_delay\.timeout_seconds=(\d+)", target_group)
    assert found
    return int(found.group(1))


def test_load_balancer_of_nginx() -> None:
    assert annotations() == {
        "scheme": "internet-facing",
        "nlb-target-type": "ip",
        "attributes": "load_balancing.cross_zone.enabled=true",
        "proxy-protocol": "*",
        "target-group-attributes": "preserve_client_ip.enabled=false,deregistration_delay.timeout_seconds=30",
        "healthcheck-protocol": "tcp",
        "healthcheck-port": "traffic-port",
        "healthcheck-interval": "10",
    }
    service = nginx(ingress_allowed_cidrs=["203.0.113.0/24"])["service"]
    assert service["loadBalancerClass"] == "service.k8s.aws/nlb"
    assert service["allocateLoadBalancerNodePorts"] is False
    assert service["httpPort"] == {"enable": False}
    assert service["loadBalancerSourceRanges"] == ["203.0.113.0/24"]


def test_scheme_subnets_and_elastic_ips_are_taken_over() -> None:
    given = annotations(
        ingress_scheme="internal", ingress_subnets=["subnet-a", "subnet-b"], ingress_eip_allocations=["eip-a", "eip-b"]
    )
    assert given["scheme"] == "internal"
    assert given["subnets"] == "subnet-a,subnet-b"
    assert given["eip-allocations"] == "eip-a,eip-b"


def test_argo_cds_load_balancer_is_nginxs_without_proxy_protocol() -> None:
    ours, theirs = annotations(), argocd_annotations()
    differing = {"proxy-protocol", "target-group-attributes"}
    assert set(ours) - set(theirs) == {"proxy-protocol"}
    assert {key: theirs[key] for key in theirs if key not in differing} == {
        key: ours[key] for key in ours if key not in differing
    }
    assert "preserve_client_ip.enabled=false" in theirs["target-group-attributes"]


def test_argo_cds_service_has_https_alone_and_leads_to_its_server() -> None:
    spec = argocd_service(argocd_allowed_cidrs=["203.0.113.0/24"])["spec"]
    assert spec["ports"] == [{"name": "https", "port": 443, "targetPort": "server", "protocol": "TCP"}]
    assert spec["loadBalancerClass"] == "service.k8s.aws/nlb"
    assert spec["allocateLoadBalancerNodePorts"] is False
    assert spec["loadBalancerSourceRanges"] == ["203.0.113.0/24"]
    assert spec["selector"] == {
        "app.kubernetes.io/name": "argocd-server",
        "app.kubernetes.io/instance": release("argo-cd")["name"],
    }


def test_argo_cd_follows_the_ingress_unless_told_otherwise() -> None:
    assert argocd_annotations(ingress_scheme="internal")["scheme"] == "internal"
    assert argocd_annotations(ingress_scheme="internal", argocd_scheme="internet-facing")["scheme"] == "internet-facing"
    assert argocd_service(ingress_allowed_cidrs=["10.0.0.0/8"])["spec"]["loadBalancerSourceRanges"] == ["10.0.0.0/8"]


LATE = 120
"""Seconds for which AWS opens connections to a target that was deregistered (aws-load-balancer-controller#2366)."""


@pytest.mark.parametrize(("simulated", "late"), [(False, LATE), (True, 0)])
def test_a_pod_leaves_the_load_balancer_before_it_ends(simulated: bool, late: int) -> None:
    controller = nginx(platform_simulated=simulated)
    pre_stop = controller["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pre_stop > max(late, delay(annotations(platform_simulated=simulated)["target-group-attributes"]))
    drain = int(controller["config"]["entries"]["worker-shutdown-timeout"].removesuffix("s"))
    assert pre_stop + drain < controller["terminationGracePeriodSeconds"]
    server = release("argo-cd", platform_simulated=simulated)["values"]["server"]
    pre_stop = server["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pre_stop > max(late, delay(argocd_annotations(platform_simulated=simulated)["target-group-attributes"]))
    assert pre_stop < server["terminationGracePeriodSeconds"]


@pytest.mark.parametrize("name", ["nginx-ingress", "argo-cd"])
def test_the_wait_is_long_enough_for_one_pod_after_the_other(name: str) -> None:
    """On full nodes a new pod waits for the end of an old one, then becomes healthy behind the load balancer."""
    count, start = 9, 180
    spec = release(name, ingress_replicas=count, argocd_server_replicas=count)
    values = spec["values"]["controller" if name == "nginx-ingress" else "server"]
    assert spec["timeout"] >= count * (values["lifecycle"]["preStop"]["sleep"]["seconds"] + start)
    assert spec["patience"] > values["terminationGracePeriodSeconds"]


@pytest.mark.parametrize("label", ["eks.amazonaws.com/capacityType", "karpenter.sh/capacity-type"])
def test_what_a_load_balancer_leads_to_prefers_nodes_that_are_not_spot(label: str) -> None:
    for affinity in (nginx()["affinity"], release("argo-cd")["values"]["server"]["affinity"]):
        (preferred,) = affinity["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
        (rule,) = [each for each in preferred["preference"]["matchExpressions"] if each["key"] == label]
        assert (rule["operator"], [each.lower() for each in rule["values"]]) == ("NotIn", ["spot"])


def test_argo_cds_servers_still_avoid_each_other() -> None:
    affinity = release("argo-cd")["values"]["server"]["affinity"]["podAntiAffinity"]
    (preferred,) = affinity["preferredDuringSchedulingIgnoredDuringExecution"]
    term = preferred["podAffinityTerm"]
    assert term["labelSelector"]["matchLabels"] == {"app.kubernetes.io/name": "argocd-server"}
    assert term["topologyKey"] == "kubernetes.io/hostname"


def replacing(**parts: Any) -> dict[str, Any]:
    record: dict[str, Any] = evaluate("platform", "platform_no_run")
    return {"platform_run": record | parts}


LIVE = {f"{name}/{name}": {"name": name} for name in ("nginx-ingress", "argo-cd")}
CHANGED = {"live": LIVE, "started": [{"name": name, "job": "j1"} for name in ("nginx-ingress", "argo-cd")]}


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (replacing(**CHANGED), True),
        (replacing(live=LIVE, planned=[{"name": "nginx-ingress"}, {"name": "argo-cd"}]), True),
        (replacing(live=LIVE, started=[{"name": "nginx-ingress", "job": ""}]), False),
        (replacing(**CHANGED | {"live": {}}), False),
        (replacing(**CHANGED) | {"platform_simulated": True}, False),
    ],
    ids=["changed", "planned", "in sync", "first", "simulated"],
)
def test_a_run_that_replaces_pods_says_how_long_the_old_ones_stay(settings: dict[str, Any], told: bool) -> None:
    for role, name in (("ingress", "nginx-ingress"), ("argocd", "argo-cd")):
        notes = evaluate(role, f"{role}_component.notes", **settings)
        assert [note.partition(": each old pod serves for 180 s")[0] for note in notes] == [name] * told


def test_nginx_speaks_proxy_protocol_and_believes_the_vpc() -> None:
    entries = nginx(ingress_vpc_cidrs=["10.0.0.0/16", "10.1.0.0/16"])["config"]["entries"]
    assert entries["proxy-protocol"] == "true"
    assert entries["real-ip-header"] == "proxy_protocol"
    assert entries["set-real-ip-from"] == "10.0.0.0/16,10.1.0.0/16"
    assert all(isinstance(value, str) for value in entries.values())


def test_nginx_stays_up_while_it_changes() -> None:
    controller = nginx()
    assert controller["replicaCount"] == 2
    assert controller["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert controller["podDisruptionBudget"] == {"enabled": True, "maxUnavailable": 1}
    assert {each["topologyKey"] for each in controller["topologySpreadConstraints"]} == {
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    }
    assert controller["telemetryReporting"] == {"enable": False}
    assert controller["enableLatencyMetrics"] is True
    assert controller["defaultTLS"] == controller["wildcardTLS"] == {"secret": "ingress/ingress-tls"}


@pytest.mark.parametrize("name", ["nginx-ingress", "argo-cd"])
def test_namespaces_behind_load_balancers_get_readiness_gates(name: str) -> None:
    assert release(name)["namespace_labels"]["elbv2.k8s.aws/pod-readiness-gate-inject"] == "enabled"


def test_load_balancer_controller() -> None:
    values = release("aws-load-balancer-controller", platform_cluster_name="shop", ingress_vpc_id="vpc-1")["values"]
    assert (values["clusterName"], values["region"], values["vpcId"]) == ("shop", "eu-west-1", "vpc-1")
    assert values["keepTLSSecret"] is True
    assert values["enableServiceMutatorWebhook"] is False
    assert values["webhookConfig"] == {"disableIngressValidation": True}
    assert values["replicaCount"] == 2
    assert values["podDisruptionBudget"] == {"maxUnavailable": 1}


def test_load_balancer_controllers_role_is_optional() -> None:
    def service_account(**settings: Any) -> Any:
        return release("aws-load-balancer-controller", **settings)["values"]["serviceAccount"]["annotations"]

    assert service_account() == {}
    role = "arn:aws:iam::123456789012:role/load-balancers"
    assert service_account(ingress_controller_role_arn=role) == {"eks.amazonaws.com/role-arn": role}


def test_every_https_host_has_its_certificate() -> None:
    grafana = release("kube-prometheus-stack")["values"]["grafana"]["ingress"]
    assert grafana["hosts"] == ["grafana.example.org"]
    assert grafana["tls"] == [{"secretName": "grafana-tls", "hosts": ["grafana.example.org"]}]
    kibana = release("eck-stack")["values"]["eck-kibana"]
    assert kibana["ingress"]["hosts"] == [{"host": "kibana.example.org", "path": "/"}]
    assert kibana["ingress"]["tls"] == {"enabled": True, "secretName": "kibana-tls"}
    assert kibana["ingress"]["annotations"] == {"nginx.org/ssl-services": "kibana-kb-http"}
    assert kibana["config"]["server.publicBaseUrl"] == "https://kibana.example.org"
    flask = release("flask-app")["values"]["ingress"]
    assert (flask["host"], flask["tlsSecretName"]) == ("flask.example.org", "flask-tls")


@pytest.mark.parametrize(
    ("known", "hosts"),
    [
        ({"__argocd_applied": {}, "__argocd_found": {}}, []),
        (
            {"__argocd_applied": {"objects": [{"status": {"loadBalancer": {"ingress": [{"hostname": "nlb.test"}]}}}]}},
            ["nlb.test"],
        ),
        (
            {
                "__argocd_applied": {"objects": [{"status": {"loadBalancer": {}}}]},
                "__argocd_found": {"objects": [{"status": {"loadBalancer": {"ingress": [{"hostname": "nlb.test"}]}}}]},
            },
            ["nlb.test"],
        ),
    ],
)
def test_argo_cds_certificate_names_its_load_balancer(known: dict[str, Any], hosts: list[str]) -> None:
    (certificate,) = evaluate("argocd", "__argocd_certificate", **known)
    assert certificate["hosts"] == ["argocd.example.org"]
    assert certificate["own_hosts"] == hosts, "which no other authority certifies"


ACM = {"platform_tls_source": "acm", "platform_tls_acm_certificates": ["arn:aws:acm:a", "arn:aws:acm:b"]}
ENDING = {
    "ssl-cert": "arn:aws:acm:a,arn:aws:acm:b",
    "ssl-ports": "443",
    "ssl-negotiation-policy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
    "backend-protocol": "ssl",
}


def test_with_acm_the_load_balancers_end_tls_and_speak_it_to_the_pods() -> None:
    assert annotations(**ACM) == annotations() | ENDING, "proxy protocol and health checks stay"
    # gRPC offers HTTP/2 alone; NGINX has none of it here, so nothing is negotiated there.
    assert argocd_annotations(**ACM) == argocd_annotations() | ENDING | {"alpn-policy": "HTTP2Optional"}
    for source in ("own_ca", "provided", "cert_manager"):
        assert annotations(**ACM | {"platform_tls_source": source}) == annotations()
        assert argocd_annotations(**ACM | {"platform_tls_source": source}) == argocd_annotations()


def test_nothing_else_of_the_edge_changes_with_acm() -> None:
    ours, theirs = nginx(), nginx(**ACM)
    assert theirs | {"service": {}} == ours | {"service": {}}
    same = {"annotations": {}}
    assert theirs["service"] | same == ours["service"] | same
    assert argocd_service(**ACM)["spec"] == argocd_service()["spec"]


@pytest.mark.parametrize(("source", "url"), [("own_ca", None), ("acm", "https://argocd.example.org")])
def test_people_reach_argo_cd_by_a_name_that_its_certificate_has(source: str, url: str | None) -> None:
    (admin,) = [
        each
        for each in evaluate("argocd", "__argocd_credentials", platform_tls_source=source)
        if each["name"] == "argocd-admin"
    ]
    assert admin["login"].get("url") == url
    (balancer,) = [each["load_balancer"] for each in evaluate("argocd", "argocd_component.releases")]
    assert balancer["host"] == "argocd.example.org"
