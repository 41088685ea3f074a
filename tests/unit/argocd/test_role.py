"""What the roles tell Argo CD: judged by its own definitions, and by what the application's chart really renders."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.argocd.notifications import notifications
from tests.helm_values import TEXTS, needs_helm, through_helm
from tests.unit.components.rendering import CHECKOUT, evaluate, release
from tests.unit.contracts import upstream

URL = "https://git.example.org/team/landfall.git"
GIVEN: dict[str, Any] = {
    "argocd_repo_url": URL,
    "flask_app_image_repository": "acme/flask-app",
    "flask_app_host": "shop.example.org",
}
APPLICATION_SET = {
    "generators": [{"list": {"elements": [{"name": "a"}]}}],
    "template": {
        "metadata": {"name": "x"},
        "spec": {"project": "default", "destination": {}, "source": {"repoURL": URL}},
    },
}
with_definitions = pytest.mark.skipif(not upstream.FOLDER.is_dir(), reason=upstream.MISSING)


def flask(expression: str, **settings: Any) -> Any:
    return evaluate("flask_app", expression, **{**GIVEN, **settings})


def application(**settings: Any) -> dict[str, Any]:
    found: dict[str, Any] = flask("__flask_app_application", **settings)
    return found


def application_set() -> dict[str, Any]:
    made = evaluate("argocd", "argocd_component.objects", argocd_application_sets={"x": APPLICATION_SET})
    (found,) = [each for each in made if each["kind"] == "ApplicationSet"]
    return dict(found)


@with_definitions
@pytest.mark.parametrize("made", [application, lambda: flask("__flask_app_project"), application_set])
def test_argo_cds_own_definitions_allow_it(made: Any) -> None:
    assert upstream.refusals(made()) == []


@with_definitions
def test_a_misspelt_field_would_be_refused() -> None:
    found = copy.deepcopy(application())
    found["spec"]["syncPolicy"]["automated"]["selfheal"] = True
    assert "selfheal" in upstream.refusals(found)[0]


def test_delivery_is_argo_cds_once_a_repository_is_named() -> None:
    assert evaluate("flask_app", "flask_app_delivery") == "helm"
    assert flask("flask_app_delivery") == "argocd"
    assert flask("flask_app_delivery", flask_app_delivery="helm") == "helm"


def test_the_project_allows_what_the_chart_renders_and_nothing_else() -> None:
    project = flask("__flask_app_project")["spec"]
    assert project["sourceRepos"] == [URL]
    assert project["destinations"] == [{"server": "https://kubernetes.default.svc", "namespace": "flask-app"}]
    assert project["clusterResourceWhitelist"] == []
    if not upstream.HELM:
        pytest.skip(upstream.NO_HELM)
    rendered = upstream.rendered(CHECKOUT / "app/chart", release("flask-app", **GIVEN))
    made = {(each["apiVersion"], each["kind"]) for each in rendered if "helm.sh/hook" not in annotations(each)}
    kinds = flask("__flask_app_kinds")
    assert {(f"{each['group']}/{each['version']}".strip("/"), each["kind"]) for each in kinds} == made
    allowed = {(each["group"], each["kind"]) for each in project["namespaceResourceWhitelist"]}
    # Else Argo CD would hide the pods, and what is wrong with them.
    assert allowed == {(each["group"], each["kind"]) for each in kinds} | {("apps", "ReplicaSet"), ("", "Pod")}
    # By this label objects are found, whoever delivers them.
    assert {each["metadata"]["labels"]["app.kubernetes.io/instance"] for each in rendered} == {"flask-app"}
    # Left out by skipTests.
    assert {each["kind"] for each in rendered if annotations(each).get("helm.sh/hook") == "test"} == {"Pod"}
    assert application()["spec"]["source"]["helm"]["skipTests"] is True


def annotations(found: dict[str, Any]) -> dict[str, str]:
    return found["metadata"].get("annotations") or {}


def test_the_autoscalers_count_is_nobody_elses() -> None:
    if not upstream.HELM:
        pytest.skip(upstream.NO_HELM)

    def deployment(**settings: Any) -> dict[str, Any]:
        rendered = upstream.rendered(CHECKOUT / "app/chart", release("flask-app", **{**GIVEN, **settings}))
        return next(each for each in rendered if each["kind"] == "Deployment")

    assert "replicas" not in deployment()["spec"]
    assert "replicas" in deployment(flask_app_values={"autoscaling": {"enabled": False}})["spec"]
    spec = application()["spec"]
    assert "ServerSideApply=true" in spec["syncPolicy"]["syncOptions"]
    assert "ignoreDifferences" not in spec


def test_the_application_takes_the_tag_from_its_repository() -> None:
    spec = application()["spec"]
    assert spec["source"]["helm"]["valuesObject"]["image"] == {"repository": "acme/flask-app"}
    assert spec["source"]["helm"]["valuesObject"]["ingress"]["host"] == "shop.example.org"
    assert (spec["source"]["repoURL"], spec["source"]["targetRevision"], spec["source"]["path"]) == (
        URL,
        "main",
        "app/chart",
    )
    assert spec["syncPolicy"]["automated"] == {"prune": True, "selfHeal": True}
    assert "finalizers" not in application()["metadata"]


@pytest.mark.parametrize(
    ("written", "image"),
    [("", "acme/flask-app:1.2.0-abc@sha256:00"), ("1.3.0", "acme/flask-app:1.3.0")],
)
def test_a_tag_that_is_given_decides_over_the_repositorys_digest(tmp_path: Path, written: str, image: str) -> None:
    if not upstream.HELM:
        pytest.skip(upstream.NO_HELM)
    bumped = {"image": {"tag": "1.2.0-abc", "digest": "sha256:00"}}
    values = release("flask-app", **GIVEN, flask_app_image_tag=written)["values"]
    spec = {**release("flask-app"), "values": {**values, "image": bumped["image"] | values["image"]}}
    rendered = upstream.rendered(CHECKOUT / "app/chart", spec)
    (found,) = (each for each in rendered if each["kind"] == "Deployment")
    assert found["spec"]["template"]["spec"]["containers"][0]["image"] == image


def test_the_repositorys_secret_is_for_its_project_alone_and_empties_what_is_no_longer_set() -> None:
    items = flask("__flask_app_credentials", argocd_repo_username="bot", argocd_repo_password="t0ken")
    secret = next(each["secret"] for each in items if each["name"] == "argocd-repository")
    assert secret["labels"]["argocd.argoproj.io/secret-type"] == "repository"
    assert secret["plain"] == {"type": "git", "url": URL, "project": "flask-app"}
    assert secret["data"] == {"username": "bot", "password": "t0ken", "sshPrivateKey": ""}
    assert [each["name"] for each in flask("__flask_app_credentials", flask_app_delivery="helm")] == ["flask-tls"]


def test_the_webhooks_secret_is_one_that_people_can_look_up() -> None:
    items = {each["name"]: each for each in evaluate("argocd", "__argocd_credentials")}
    hook = items["argocd-webhook"]
    assert items["argocd-admin"]["secret"]["data"]["webhook.github.secret"] == "$argocd-webhook:github"
    assert (hook["secret"]["name"], hook["secret"]["data"]) == ("argocd-webhook", {"github": "{password}"})
    assert hook["secret"]["labels"] == {"app.kubernetes.io/part-of": "argocd"}
    assert "argocd-sso" not in items


def test_single_sign_on_is_off_until_it_is_configured() -> None:
    values = release("argo-cd")["values"]
    health = {"resource.customizations.health.autoscaling_HorizontalPodAutoscaler"}
    assert (values["dex"], set(values["configs"]["cm"])) == ({"enabled": False}, {*health, "accounts.pipeline"})
    ours = "p, pipeline, applications, get, flask-app/flask-app, allow\n"
    assert values["configs"]["rbac"] == {"policy.csv": ours}
    dex = {"connectors": [{"type": "github", "id": "github", "name": "GitHub"}]}
    sso = {
        "dex": dex,
        "secrets": {"clientSecret": "s3cret"},
        "rbac": {"policy.default": "role:readonly", "policy.csv": "g, team, role:admin"},
    }
    values = release("argo-cd", argocd_sso=sso)["values"]
    assert values["dex"] == {"enabled": True}
    assert yaml.safe_load(values["configs"]["cm"]["dex.config"]) == dex
    both = f"g, team, role:admin\n{ours}"
    assert values["configs"]["rbac"] == {"policy.default": "role:readonly", "policy.csv": both}
    assert release("argo-cd", argocd_accounts={})["values"]["configs"]["rbac"] == {"policy.csv": ""}
    assert "s3cret" not in str(values)
    items = {each["name"]: each for each in evaluate("argocd", "__argocd_credentials", argocd_sso=sso)}
    assert items["argocd-sso"]["secret"]["data"] == {"clientSecret": "s3cret"}


@needs_helm
def test_single_sign_on_is_read_by_argo_cd_as_it_was_written() -> None:
    sso = {kind: {"config": [*TEXTS, {text: 1 for text in TEXTS if len(text) < 1000}]} for kind in ("dex", "oidc")}
    texts = release("argo-cd", argocd_sso=sso)["values"]["configs"]["cm"]
    assert {kind: through_helm(texts[f"{kind}.config"]) for kind in sso} == sso


@needs_helm
def test_notifications_are_read_by_argo_cd_as_they_were_written() -> None:
    receivers = [{"name": "hook", "type": "slack", "token": "s3cret", "channel": "#shop"}]
    made = [notifications(receivers, cluster=text)["chart"] for text in TEXTS]
    texts = [text for each in made for part in ("notifiers", "templates", "triggers") for text in each[part].values()]
    assert through_helm(f'{{"told": [{", ".join(texts)}]}}')["told"] == [json.loads(text) for text in texts]


def test_the_receivers_of_alerts_are_told_of_deployments() -> None:
    receivers = [{"name": "hook", "type": "webhook", "url": "https://hook.example.org/s3cret"}]
    values = release("argo-cd", monitoring_receivers=receivers)["values"]["notifications"]
    assert [each["recipients"] for each in values["subscriptions"]] == [["hook-0"]]
    assert "s3cret" not in str(values)
    items = {each["name"]: each for each in evaluate("argocd", "__argocd_credentials", monitoring_receivers=receivers)}
    assert items["argocd-notifications"]["secret"]["name"] == values["secret"]["name"]
    assert items["argocd-notifications"]["secret"]["data"] == {"hook-0-url": "https://hook.example.org/s3cret"}
    assert release("argo-cd", argocd_receivers=[], monitoring_receivers=receivers)["values"]["notifications"][
        "subscriptions"
    ] == []  # fmt: skip
