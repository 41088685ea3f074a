"""What the roles would install, read without running them."""

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.status.specifications import (
    COMPONENTS,
    Specifications,
)
from ansible_collections.landfall.eks.plugins.module_utils.verify import plan
from tests.unit.components import rendering

HOST = {"inventory_hostname": "production"}


def specifications(**settings):
    return Specifications({**HOST, **settings})


def test_releases_are_those_that_the_roles_install():
    found = specifications(platform_simulated=False).releases()
    expected = [
        {"component": role, "name": each["name"], "namespace": each["namespace"], "chart": each["chart"]}
        for role in COMPONENTS
        for each in rendering.releases(role)
    ]
    assert sorted(COMPONENTS) == sorted(rendering.COMPONENTS)
    assert [{key: each[key] for key in ("component", "name", "namespace", "chart")} for each in found] == expected
    rows = {each["name"]: each["ready"] for each in found}
    assert [each["kind"] for each in rows["eck-stack"]] == ["Elasticsearch", "Kibana"]
    assert [each["condition"] for each in rows["kube-prometheus-stack"]] == ["Available", "Available"]


def test_settings_of_the_host_count():
    found = specifications(monitoring_namespace="watch", efk_enabled="false", platform_domain="shop.test")
    names = {each["name"]: each["namespace"] for each in found.releases()}
    assert names["kube-prometheus-stack"] == "watch"
    assert "eck-stack" not in names
    assert found.value("flask_app_host") == "flask.shop.test"
    simulated = specifications(platform_simulated=True).releases()
    assert next(each["ready"] for each in simulated if each["name"] == "kube-prometheus-stack") == []


def test_what_a_verification_asks_for_is_there():
    found = specifications(flask_app_max_replicas=7, flask_app_values={"autoscaling": {"minReplicas": 3}})
    wanted = found.value("__flask_app_merged_values.autoscaling")
    assert (wanted["minReplicas"], wanted["maxReplicas"], wanted["targetCPUUtilizationPercentage"]) == (3, 7, 80)
    assert set(found.value("__preflight_versions")) == {"oldest", "newest"}
    assert found.value("monitoring_receivers") == []


@pytest.mark.parametrize(
    ("release", "role"), [(plan.MONITORING, "monitoring"), (plan.STACK, "efk"), (plan.ARGOCD, "argocd")]
)
def test_logins_are_known_by_the_names_that_the_roles_give_them(release, role):
    services = [
        each["login"]["service"]
        for each in rendering.evaluate(role, f"__{role}_credentials", argocd_repo_url="")
        if each.get("login")
    ]
    assert plan.SERVICES[release] in services
