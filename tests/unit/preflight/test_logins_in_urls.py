"""A login in a URL is refused in every setting, and never repeated."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.settings.urls import has_login
from tests.unit.preflight.test_settings_checks import said

HIDDEN = "h1dden"


@pytest.mark.parametrize(
    ("url", "bare", "found"),
    [
        ("https://me:pw@example.org", False, True),
        ("https://token@example.org", False, True),
        ("HTTPS://me:p w@example.org/a", False, True),
        ("oci://me:pw@example.org/charts", False, True),
        ("ssh://git:pw@example.org/a.git", False, True),
        ("ssh://git@example.org/a.git", False, False),
        ("git@example.org:team/a.git", True, False),
        ("me:pw@example.org/a", True, True),
        ("me:pw@example.org/a", False, False),
        ("example.org:5000/a@sha256:0123", True, False),
        ("nginx:1@sha256:0123", True, False),
        ("https://example.org/a?x=b@c", False, False),
        ("https://example.org/@team/a", False, False),
        ("http://[::1]:5000/a", False, False),
        ("/a:b@c", True, False),
    ],
)
def test_what_a_login_is(url: str, bare: bool, found: bool) -> None:
    assert has_login(url, bare=bare) is found


@pytest.mark.parametrize(
    ("values", "path", "where"),
    [
        ({"argocd_repo_url": f"https://bot:{HIDDEN}@example.org/a"}, "argocd_repo_url", "argocd_repo_password"),
        ({"argocd_repo_url": f"bot:{HIDDEN}@example.org/a"}, "argocd_repo_url", "argocd_repo_password"),
        ({"platform_registry": f"me:{HIDDEN}@example.org"}, "platform_registry", "platform_image_pull_secrets"),
        ({"platform_chart_mirror": f"oci://me:{HIDDEN}@example.org"}, "platform_chart_mirror", "registry login"),
        (
            {"argocd_receivers": [{"url": f"https://me:{HIDDEN}@example.org"}]},
            "argocd_receivers[0].url",
            "username and password",
        ),
        ({"monitoring_wiki_url": f"https://me:{HIDDEN}@example.org"}, "monitoring_wiki_url", "leave them out"),
    ],
)
def test_it_is_refused_with_where_it_goes(values: dict[str, Any], path: str, where: str) -> None:
    (sentence,) = said(values)
    assert sentence.startswith(f"{path} holds a user or a password, which processes and logs would show: ")
    assert where in sentence
    assert HIDDEN not in sentence


def test_the_ways_to_a_cluster_may_have_one() -> None:
    proxy = f"http://me:{HIDDEN}@proxy.example.org:3128"
    cluster = {"clusters": [{"name": "a", "cluster": {"proxy-url": proxy}}]}
    assert said({"platform_kubeconfig": cluster, "platform_environment": {"HTTPS_PROXY": proxy}}) == []
    assert said({"monitoring_grafana_values": {"env": {"DATABASE_URL": proxy}}}) == []
