"""The chart, rendered by helm: what it makes, and what it refuses."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ci import chart_readme

REPOSITORY = Path(__file__).parents[2]
CHART = REPOSITORY / "app" / "chart"
SEARCHED = os.pathsep.join([os.environ.get("PATH", ""), str(REPOSITORY / ".landfall" / "bin")])
HELM = shutil.which("helm", path=SEARCHED)
DIGEST = "sha256:" + "0" * 64
KUBERNETES = ("1.33.0", "1.36.0")

needs_helm = pytest.mark.skipif(HELM is None, reason="helm is neither on PATH nor in .landfall/bin")
Objects = dict[str, dict[str, Any]]


def helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert HELM is not None
    return subprocess.run([HELM, *arguments], capture_output=True, text=True, timeout=60, check=False)


def template(*values: str, kubernetes: str = KUBERNETES[0]) -> subprocess.CompletedProcess[str]:
    sets = [argument for value in values for argument in ("--set", value)]
    return helm("template", "flask-app", str(CHART), "--namespace", "flask-app", "--kube-version", kubernetes, *sets)


def render(*values: str, kubernetes: str = KUBERNETES[0]) -> Objects:
    """Return the chart's objects by kind; it never has two of one kind, but for the test's pod."""
    done = template(*values, kubernetes=kubernetes)
    assert done.returncode == 0, done.stderr
    return {document["kind"]: document for document in yaml.safe_load_all(done.stdout) if document}


@pytest.fixture(scope="module")
def objects() -> Objects:
    return render("serviceMonitor.enabled=true")


def pod(objects: Objects) -> dict[str, Any]:
    spec = objects["Deployment"]["spec"]["template"]["spec"]
    assert isinstance(spec, dict)
    return spec


@needs_helm
def test_lint() -> None:
    done = helm("lint", "--strict", "--kube-version", KUBERNETES[0], str(CHART))
    assert done.returncode == 0, done.stdout


@needs_helm
@pytest.mark.parametrize("kubernetes", KUBERNETES)
def test_what_a_plain_install_makes(kubernetes: str) -> None:
    assert set(render(kubernetes=kubernetes)) == {
        "Deployment",
        "HorizontalPodAutoscaler",
        "Ingress",
        "NetworkPolicy",
        "Pod",
        "PodDisruptionBudget",
        "Service",
        "ServiceAccount",
    }


@needs_helm
def test_an_older_kubernetes_is_refused() -> None:
    assert "which is incompatible with Kubernetes v1.32.0" in template(kubernetes="1.32.0").stderr


@needs_helm
def test_autoscaling_is_the_four_values(objects: Objects) -> None:
    spec = objects["HorizontalPodAutoscaler"]["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 5)
    target = {"type": "Utilization", "averageUtilization": 80}
    assert spec["metrics"] == [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "flask-app"}
    assert "replicas" not in objects["Deployment"]["spec"]


@needs_helm
def test_scaling_is_quick_up_and_slow_down(objects: Objects) -> None:
    behavior = objects["HorizontalPodAutoscaler"]["spec"]["behavior"]
    pods = {"type": "Pods", "value": 1, "periodSeconds": 60}
    assert behavior["scaleDown"] == {"stabilizationWindowSeconds": 300, "policies": [pods]}
    assert behavior["scaleUp"]["stabilizationWindowSeconds"] == 0
    shorter = [f"autoscalingBehavior.scaleDown{part}=5" for part in ("WindowSeconds", "PeriodSeconds", "PodsPerPeriod")]
    down = render(*shorter)["HorizontalPodAutoscaler"]["spec"]["behavior"]["scaleDown"]
    pods = {"type": "Pods", "value": 5, "periodSeconds": 5}
    assert down == {"stabilizationWindowSeconds": 5, "policies": [pods]}


@needs_helm
@pytest.mark.parametrize(
    ("enabled", "crd_is_there", "made"),
    [("auto", True, True), ("auto", False, False), ("true", False, True), ("false", True, False)],
)
def test_a_service_monitor_where_its_kind_is_known(enabled: str, crd_is_there: bool, made: bool) -> None:
    known = ["--api-versions", "monitoring.coreos.com/v1/ServiceMonitor"] if crd_is_there else []
    done = helm("template", "flask-app", str(CHART), "--set", f"serviceMonitor.enabled={enabled}", *known)
    assert ("kind: ServiceMonitor" in done.stdout) is made


@needs_helm
@pytest.mark.parametrize(("pre_stop", "deregistration"), [(15, 10), (3, 0)])
def test_a_load_balancer_lets_go_before_the_pod_does(pre_stop: int, deregistration: int) -> None:
    service = render("service.type=LoadBalancer", f"rollout.preStopSeconds={pre_stop}")["Service"]
    assert service["metadata"]["annotations"] == {
        "service.beta.kubernetes.io/aws-load-balancer-target-group-attributes":
            f"deregistration_delay.timeout_seconds={deregistration}"
    }  # fmt: skip
    assert "annotations" not in render()["Service"]["metadata"]


@needs_helm
def test_without_autoscaling_the_replicas_are_fixed() -> None:
    objects = render("autoscaling.enabled=false", "replicaCount=3")
    assert "HorizontalPodAutoscaler" not in objects
    assert objects["Deployment"]["spec"]["replicas"] == 3


@needs_helm
@pytest.mark.parametrize(
    ("values", "image"),
    [
        ([], "landfall/flask-app:0.1.0"),
        (["image.repository=acme/hello", "image.tag=1.2.3-0a1b2c3"], "acme/hello:1.2.3-0a1b2c3"),
        (["image.tag=1.2.3", f"image.digest={DIGEST}"], f"landfall/flask-app:1.2.3@{DIGEST}"),
    ],
)
def test_the_image(values: list[str], image: str) -> None:
    objects = render(*values)
    assert pod(objects)["containers"][0]["image"] == image
    assert objects["Pod"]["spec"]["containers"][0]["image"] == image


@needs_helm
def test_the_host_and_its_certificate(objects: Objects) -> None:
    spec = objects["Ingress"]["spec"]
    assert spec["ingressClassName"] == "nginx"
    assert spec["tls"] == [{"hosts": ["flask.example.org"], "secretName": "flask-tls"}]
    assert [rule["host"] for rule in spec["rules"]] == ["flask.example.org"]
    paths = [path["path"] for path in spec["rules"][0]["http"]["paths"]]
    assert paths == ["/", "/hello"], "probes and metrics are not for the outside"
    assert render("ingress.tlsSecretName=")["Ingress"]["spec"]["tls"] == [{"hosts": ["flask.example.org"]}]


@needs_helm
@pytest.mark.parametrize("kind", ["Deployment", "Pod"])
def test_pods_meet_the_restricted_standard(objects: Objects, kind: str) -> None:
    spec = pod(objects) if kind == "Deployment" else objects["Pod"]["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] == 10001
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in spec["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


@needs_helm
@pytest.mark.parametrize(("pre_stop", "drain"), [(15, 30), (0, 5), (100, 200)])
def test_the_grace_period_covers_the_shutdown(pre_stop: int, drain: int) -> None:
    spec = pod(render(f"rollout.preStopSeconds={pre_stop}", f"rollout.drainSeconds={drain}"))
    container = spec["containers"][0]
    slept = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    assert slept == pre_stop
    assert {"name": "APP_GRACEFUL_SECONDS", "value": str(drain)} in container["env"]
    assert spec["terminationGracePeriodSeconds"] > pre_stop + drain


@needs_helm
def test_selectors_select_the_pods_and_not_the_test(objects: Objects) -> None:
    labels = objects["Deployment"]["spec"]["template"]["metadata"]["labels"]
    selectors = [
        objects["Deployment"]["spec"]["selector"]["matchLabels"],
        objects["Service"]["spec"]["selector"],
        objects["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        objects["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
        *(c["labelSelector"]["matchLabels"] for c in pod(objects)["topologySpreadConstraints"]),
    ]
    for selector in selectors:
        assert selector.items() <= labels.items()
        assert not selector.items() <= objects["Pod"]["metadata"]["labels"].items()
    monitored = objects["ServiceMonitor"]["spec"]["selector"]["matchLabels"]
    assert monitored.items() <= objects["Service"]["metadata"]["labels"].items()


@needs_helm
def test_only_ingress_monitoring_and_the_test_reach_the_pods(objects: Objects) -> None:
    spec = objects["NetworkPolicy"]["spec"]
    (rule,) = spec["ingress"]
    namespaces = [peer["namespaceSelector"]["matchLabels"] for peer in rule["from"] if "namespaceSelector" in peer]
    assert namespaces == [{"kubernetes.io/metadata.name": name} for name in ("ingress", "monitoring")]
    pods = [peer["podSelector"]["matchLabels"] for peer in rule["from"] if "podSelector" in peer]
    assert pods == [objects["Pod"]["metadata"]["labels"]]
    assert rule["ports"] == [{"port": "http"}]
    assert {port["port"] for rule in spec["egress"] for port in rule["ports"]} == {53}


@needs_helm
def test_settings_become_environment() -> None:
    container = pod(render("settings.APP_THREADS=8"))["containers"][0]
    assert {"name": "APP_THREADS", "value": "8"} in container["env"]


@needs_helm
def test_a_parent_chart_may_set_globals() -> None:
    assert render("global.anything=1")


@needs_helm
@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("image.tag=latest", "image.tag must not be latest: write the tag of one build"),
        ("autoscaling.minReplicas=6", "autoscaling.minReplicas is 6, more than autoscaling.maxReplicas, 5"),
        ("autoscaling.minReplicas=two", "at '/autoscaling/minReplicas': got string, want integer"),
        ("autoscaling.maxReplicas=0", "at '/autoscaling/maxReplicas'"),
        ("autoscalling.enabled=true", "additional properties 'autoscalling' not allowed"),
        ("ingress.host=flask example", "at '/ingress/host'"),
        ("image.digest=sha256:abc", "at '/image/digest'"),
        ("settings.APP_PORT=1", "at '/settings': additional properties 'APP_PORT' not allowed"),
        ("resources.requests.cpu=much", "at '/resources/requests/cpu'"),
        ("rollout.preStopSeconds=-1", "at '/rollout/preStopSeconds'"),
        ("autoscalingBehavior.scaleDownWindowSeconds=3601", "at '/autoscalingBehavior/scaleDownWindowSeconds'"),
        ("serviceMonitor.enabled=maybe", "value must be one of true, false, 'auto'"),
        ("resources.requests.cpu=null", "resources.requests.cpu is empty, and autoscaling is in percent of it"),
    ],
)
def test_nonsense_is_refused(value: str, told: str) -> None:
    done = template(value)
    assert done.returncode != 0
    assert told in done.stderr


def test_the_readme_has_the_table_of_the_values() -> None:
    assert chart_readme.START in (CHART / "README.md").read_text()
    assert chart_readme.main(["--check"]) == 0
