"""The chart over a matrix of values, judged by the schemas of Kubernetes and by kube-score."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
CHART = REPOSITORY / "app" / "chart"
SEARCHED = os.pathsep.join([os.environ.get("PATH", ""), str(REPOSITORY / ".landfall" / "bin")])
HELM = shutil.which("helm", path=SEARCHED)
KUBE_SCORE = shutil.which("kube-score", path=SEARCHED)
# The oldest and the newest that is supported.
KUBERNETES = ("1.33", "1.36")
MATRIX: dict[str, list[str]] = {
    "as it is": [],
    "scraped": ["serviceMonitor.enabled=true", "serviceMonitor.labels.team=web"],
    "fixed size": ["autoscaling.enabled=false", "replicaCount=3", "rollout.preStopSeconds=0"],
    "quick scaling": ["autoscalingBehavior.scaleDownWindowSeconds=15", "autoscalingBehavior.scaleDownPeriodSeconds=15"],
    "bare": ["ingress.enabled=false", "networkPolicy.enabled=false", "podDisruptionBudget.enabled=false"],
    "its own load balancer": ["service.type=LoadBalancer", "service.annotations.a=b", "ingress.enabled=false"],
    "by digest": [f"image.digest=sha256:{'0' * 64}", "image.tag=1.2.3-0a1b2c3", "imagePullSecrets[0].name=hub"],
    "everything else": [
        "settings.APP_THREADS=8",
        "podDisruptionBudget.maxUnavailable=50%",
        "nodeSelector.disk=ssd",
        "tolerations[0].key=spot",
        "tolerations[0].operator=Exists",
        "podLabels.team=web",
        "podAnnotations.note=x",
        "serviceAccount.annotations.note=x",
        "ingress.annotations.note=x",
        "ingress.tlsSecretName=",
        "fullnameOverride=hello",
        "resources.limits.cpu=1",
    ],
}
# What kube-score is not asked, and why.
IGNORED = {
    "container-image-pull-policy": "a tag of ours never changes, and the digest decides",
    "container-ephemeral-storage-request-and-limit": "the root is read-only and /tmp is memory",
    "deployment-has-host-podantiaffinity": "topology spread constraints do that",
}
# It has an option of its own for this: a CPU limit would throttle before the autoscaler sees the load.
NO_CPU_LIMIT = "--ignore-container-cpu-limit"
# The pod of `helm test` lives for a second and listens to nothing.
OF_THE_TEST = "-test v1/Pod: The pod does not have a matching NetworkPolicy"
# What it must complain of, or it judges nothing.
SPOILT = ["podDisruptionBudget.enabled=false", "networkPolicy.enabled=false"]

pytestmark = pytest.mark.skipif(HELM is None, reason="helm is neither on PATH nor in .landfall/bin")
needs_kube_score = pytest.mark.skipif(KUBE_SCORE is None, reason="not run: kube-score is not there (make test-tools)")


def rendered(values: list[str], kubernetes: str = KUBERNETES[0]) -> str:
    sets = [argument for value in values for argument in ("--set", value)]
    command = [str(HELM), "template", "flask-app", str(CHART), "--namespace", "flask-app", "--kube-version", kubernetes]
    return subprocess.run([*command, *sets], capture_output=True, text=True, timeout=60, check=True).stdout


def problem(document: dict[str, Any], kubernetes: str) -> str | None:
    validate = pytest.importorskip("kubernetes_validate", reason="not run: kubernetes-validate is not installed")
    try:
        validate.validate(document, kubernetes, strict=True)
    except validate.ValidationError as error:
        return f"{document['kind']}: {error.message}"
    return None


@pytest.mark.parametrize("kubernetes", KUBERNETES)
@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_every_object_is_one_that_kubernetes_knows(values: list[str], kubernetes: str) -> None:
    documents = [document for document in yaml.safe_load_all(rendered(values, kubernetes)) if document]
    assert len(documents) > 3
    # A ServiceMonitor is not Kubernetes' own: tests/unit/contracts judges it by its CRD.
    own = [document for document in documents if document["kind"] != "ServiceMonitor"]
    assert [found for document in own if (found := problem(document, kubernetes))] == []


@pytest.mark.parametrize("kubernetes", KUBERNETES)
def test_an_unknown_field_would_be_seen(kubernetes: str) -> None:
    documents = {document["kind"]: document for document in yaml.safe_load_all(rendered([])) if document}
    documents["Deployment"]["spec"]["replicass"] = 2
    assert "replicass" in str(problem(documents["Deployment"], kubernetes))


def score(manifests: str) -> subprocess.CompletedProcess[str]:
    ignored = [argument for name in IGNORED for argument in ("--ignore-test", name)]
    command = [str(KUBE_SCORE), "score", "--output-format", "ci", NO_CPU_LIMIT, *ignored, "-"]
    return subprocess.run(command, input=manifests, capture_output=True, text=True, timeout=60, check=False)


@needs_kube_score
@pytest.mark.parametrize("name", sorted(set(MATRIX) - {"bare"}))
def test_kube_score_finds_nothing_critical(name: str) -> None:
    done = score(rendered(MATRIX[name]))
    assert "[OK]" in done.stdout
    found = [line for line in done.stdout.splitlines() if line.startswith(("[CRITICAL]", "[WARNING]"))]
    assert [line for line in found if not line.endswith(OF_THE_TEST)] == []


@needs_kube_score
def test_kube_score_would_find_what_is_missing() -> None:
    found = score(rendered(SPOILT)).stdout
    assert "[CRITICAL] flask-app apps/v1/Deployment: No matching PodDisruptionBudget was found" in found
    assert "[CRITICAL] flask-app apps/v1/Deployment: The pod does not have a matching NetworkPolicy" in found
