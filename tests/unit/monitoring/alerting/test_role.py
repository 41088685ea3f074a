"""What role monitoring makes of the setting: one Secret, which alone holds the receivers' secrets."""

from __future__ import annotations

from typing import Any

import yaml

from ansible_collections.landfall.eks.plugins.module_utils.monitoring.alerting_config import (
    TEMPLATES as MOUNTED,
)
from tests.helm_values import TEXTS, needs_helm, through_helm
from tests.unit.components.rendering import evaluate, release, releases
from tests.unit.monitoring.alerting.samples import KEY, RECEIVERS, TEMPLATES

SECRET = "alertmanager-config"


def secret(**settings: Any) -> dict[str, Any]:
    items = evaluate("monitoring", "__monitoring_credentials", platform_cluster_name="test", **settings)
    (found,) = [each for each in items if each["name"] == SECRET]
    assert found["kind"] == "fixed"
    data = found["secret"]["data"]
    assert isinstance(data, dict)
    return data


def test_secret_holds_configuration_and_templates() -> None:
    data = secret(monitoring_receivers=RECEIVERS)
    assert set(data) == {"alertmanager.yaml", *(each.name for each in TEMPLATES.glob("*.tmpl"))}
    config = yaml.safe_load(data["alertmanager.yaml"])
    assert [each["name"] for each in config["receivers"]] == ["nobody", *(each["name"] for each in RECEIVERS)]
    assert config["templates"] == [MOUNTED]
    for file in TEMPLATES.glob("*.tmpl"):
        assert data[file.name].rstrip() == file.read_text().rstrip()


def test_every_template_that_is_named_is_there() -> None:
    data = secret(monitoring_receivers=RECEIVERS)
    texts = "".join(data.values())
    defined = {each.split('"')[1] for each in texts.split("{{ define ")[1:]}
    named = {each.split('"')[1] for each in texts.split("{{ template ")[1:] if each.startswith('"')}
    assert named <= defined
    assert len(defined) > 8


def test_secrets_are_in_no_release() -> None:
    before, after = releases("monitoring"), releases("monitoring", monitoring_receivers=RECEIVERS)
    assert before == after
    assert KEY not in str(after)
    assert KEY in secret(monitoring_receivers=RECEIVERS)["alertmanager.yaml"]
    spec = release("kube-prometheus-stack")["values"]["alertmanager"]["alertmanagerSpec"]
    assert (spec["useExistingSecret"], spec["configSecret"]) == (True, SECRET)


@needs_helm
def test_texts_reach_programs_written_in_go_as_they_were_written() -> None:
    hook = {"type": "webhook", "url": "https://hook.example.org"}
    texts = [*filter(None, TEXTS)]
    hooks = [hook | dict.fromkeys(("name", "username", "password"), text) for text in texts]
    read = through_helm(secret(monitoring_receivers=hooks)["alertmanager.yaml"])
    _, *found = read["receivers"]
    assert [each["name"] for each in found] == texts
    logins = [each["webhook_configs"][0]["http_config"]["basic_auth"] for each in found]
    assert logins == [{"username": text, "password": text} for text in texts]


def test_same_receivers_give_the_same_secret() -> None:
    assert secret(monitoring_receivers=RECEIVERS) == secret(monitoring_receivers=list(RECEIVERS))
    assert secret(monitoring_receivers=RECEIVERS) != secret(monitoring_receivers=RECEIVERS[1:])


def test_notes_follow_the_setting() -> None:
    assert evaluate("monitoring", "__monitoring_notes", monitoring_receivers=RECEIVERS) == []
    assert "Nobody will be called" in evaluate("monitoring", "__monitoring_notes")[0]
    left = {"platform_left_releases": ["kube-prometheus-stack"]}
    assert "not used" in evaluate("monitoring", "__monitoring_notes", monitoring_receivers=RECEIVERS, **left)[0]
