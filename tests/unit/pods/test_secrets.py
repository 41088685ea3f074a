"""Which service account reads which Secrets, from the upstream charts as they are installed.

Runs where LANDFALL_CHART_CACHE names a folder with the pinned charts.
"""

import json
import re
from pathlib import Path

import pytest

from tests.unit.components.rendering import COMPONENTS, HELM, releases
from tests.unit.pods.rbac import (
    NAMESPACES,
    READING,
    RECORDS,
    WAYS,
    as_shipped,
    everything,
    given,
    grants,
    has_chart,
    installed,
    places,
)

NAMES = [each["name"] for role in COMPONENTS for each in releases(role)]
MISSING = [each for each in NAMES if not has_chart(each)]
PAGE = Path(__file__).parents[3] / "docs/pods.md"

pytestmark = pytest.mark.skipif(
    bool(MISSING) or not HELM.exists(), reason=f"not run: LANDFALL_CHART_CACHE lacks {', '.join(MISSING) or 'nothing'}"
)

SERVED = ["flask-app", "ingress", "logging", "monitoring"]
READERS = {
    "argocd/argocd-application-controller": ["argocd", "flask-app"],
    "argocd/argocd-applicationset-controller": ["argocd"],
    "argocd/argocd-notifications-controller": ["argocd"],
    "argocd/argocd-server": ["argocd", "flask-app"],
    "elastic-system/elastic-operator": ["elastic-system", "logging"],
    "ingress/nginx-ingress": SERVED,
    "monitoring/kube-prometheus-stack-admission": ["monitoring"],
    "monitoring/kube-prometheus-stack-grafana": ["monitoring"],
    "monitoring/kube-prometheus-stack-operator": ["monitoring"],
}
# What brings a chart's own permissions back.
OPERATOR = "elastic-system/elastic-operator"
SHIPPED = {
    "argo-cd": ({"createClusterRoles": True}, "argocd/argocd-application-controller"),
    "eck-operator": ({"createClusterScopedResources": True, "managedNamespaces": []}, OPERATOR),
    "nginx-ingress": ({"rbac": {"clusterrole": {"create": True}}}, "ingress/nginx-ingress"),
    "kube-prometheus-stack": ({"global": {"rbac": {"create": True}}}, "monitoring/kube-prometheus-stack-operator"),
}
OTHERS = {
    "grafana": ({"grafana": {"rbac": {"create": True}}}, "monitoring/kube-prometheus-stack-grafana"),
    "kube-state-metrics": (
        {"kube-state-metrics": {"collectorsExclude": []}},
        "monitoring/kube-prometheus-stack-kube-state-metrics",
    ),
}


def test_no_account_of_a_chart_reads_secrets_elsewhere_than_listed():
    assert places(grants(everything()), READING) == READERS


def test_none_gets_at_the_key_of_the_certificate_authority_by_another_way():
    """Who makes pods, or binds roles, in a namespace gets at its Secrets too."""
    found = places(grants(everything()), WAYS)
    assert [account for account, where in found.items() if RECORDS in where] == []
    assert {account: where for account, where in found.items() if account not in READERS} == {}


def test_the_controller_of_cert_manager_reads_them_everywhere_as_its_page_says():
    assert places(grants(installed("cert-manager")), READING) == {
        f"cert-manager/{each}": sorted(NAMESPACES) for each in ("cert-manager", "cert-manager-cainjector")
    } | {"cert-manager/cert-manager-webhook": ["cert-manager"]}
    said = (PAGE.parent / "cert-manager.md").read_text(encoding="utf-8")
    assert "reads and writes Secrets in all namespaces" in " ".join(said.split())


@pytest.mark.parametrize("name", SHIPPED)
def test_a_control_with_its_own_permissions_a_chart_reads_every_secret(name):
    values, account = SHIPPED[name]
    found = places(grants(as_shipped(name, values)), READING)
    assert found[account] == sorted(NAMESPACES)


@pytest.mark.parametrize("name", OTHERS)
def test_a_control_parts_of_the_monitoring_chart_do_too(name):
    values, account = OTHERS[name]
    assert places(grants(as_shipped("kube-prometheus-stack", values)), READING)[account] == sorted(NAMESPACES)


@pytest.mark.parametrize("setting", ["ingress_namespaces", "argocd_namespaces"])
def test_a_namespace_of_a_user_is_read_once_it_is_listed(setting):
    found = places(grants(everything(**{setting: ["shop"]})), READING)
    assert any("shop" in where for where in found.values())
    assert not any(RECORDS in where for where in found.values())


@pytest.mark.parametrize("setting", ["ingress_namespaces", "argocd_namespaces"])
def test_all_of_the_cluster_has_to_be_typed(setting):
    found = places(grants(everything(**{setting: ["*"]})), READING)
    assert any(where == sorted(NAMESPACES) for where in found.values())


@pytest.mark.parametrize("name", NAMES)
def test_each_pod_has_its_service_account(name):
    """Some charts make them by the switch that makes their roles."""
    objects = installed(name)
    made = {each["metadata"]["name"] for each in objects if each["kind"] == "ServiceAccount"}
    specs = [((each.get("spec") or {}).get("template") or {}).get("spec") for each in objects]
    used = {each["serviceAccountName"] for each in specs if each and "serviceAccountName" in each}
    assert used <= made | {"default"}
    assert used or name == "eck-stack"


def flat(objects, account):
    """Return each (group, resource, verb) that an account has anywhere."""
    found = set()
    for each in grants(objects):
        if each.account == account:
            rule = json.loads(each.rule)
            groups = rule.get("apiGroups") or ["url"]
            what = rule.get("resources") or rule.get("nonResourceURLs") or []
            found |= {(group, one, verb) for group in groups for one in what for verb in rule["verbs"]}
    return found


def covered(wanted, had):
    group, what, verb = wanted
    return any(
        (group, what, verb) == each or (each[0], each[1], each[2]) in {(group, "*", "*"), (group, what, "*")}
        for each in had
    )


@pytest.mark.parametrize(
    ("name", "role", "account"),
    [
        ("nginx-ingress", "ingress", "ingress/nginx-ingress"),
        ("kube-prometheus-stack", "monitoring", "monitoring/kube-prometheus-stack-operator"),
        ("kube-prometheus-stack", "monitoring", "monitoring/kube-prometheus-stack-prometheus"),
        ("kube-prometheus-stack", "monitoring", "monitoring/kube-prometheus-stack-admission"),
        ("argo-cd", "argocd", "argocd/argocd-server"),
    ],
)
def test_what_is_given_is_what_the_chart_would_give(name, role, account):
    """Neither more nor less, only elsewhere: a chart of another version that needs more is seen here."""
    shipped = flat(as_shipped(name, SHIPPED[name][0]), account)
    ours = flat([*installed(name), *given(role)], account)
    assert [each for each in sorted(shipped) if not covered(each, ours)] == []
    assert [each for each in sorted(ours) if not covered(each, shipped) and "*" not in each] == []
    assert shipped


def test_the_page_has_the_table():
    rows = dict(re.findall(r"^\| `([\w/-]+)` \| ([^|]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    found = {account: rows[account].replace("`", "").split(", ") for account in READERS if account in rows}
    assert found == READERS


def test_nginx_and_grafana_are_hardened():
    (nginx,) = (each for each in installed("nginx-ingress") if each["kind"] == "Deployment")
    spec = nginx["spec"]["template"]["spec"]
    containers = [*spec["initContainers"], *spec["containers"]]
    assert {each["securityContext"]["readOnlyRootFilesystem"] for each in containers} == {True}
    written = {each["mountPath"] for each in spec["containers"][0]["volumeMounts"]}
    assert {"/etc/nginx", "/var/cache/nginx", "/var/lib/nginx", "/var/log/nginx"} <= written
    grafana = next(each for each in installed("kube-prometheus-stack") if "grafana.ini" in (each.get("data") or {}))
    assert "cookie_secure = true" in grafana["data"]["grafana.ini"]
