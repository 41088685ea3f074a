"""What the rotations of the components name is what the charts make: stand-ins, and the real ones where cached."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import Item, parse_items
from ansible_collections.landfall.eks.plugins.module_utils.credentials.rotation_steps import Subject
from tests.unit.components.rendering import CHECKOUT, COMPONENTS, evaluate, load, releases
from tests.unit.contracts.upstream import HELM, NO_HELM, rendered

STAND_INS = CHECKOUT / "roles/local_cluster/files/stand_ins"
CACHE = os.environ.get("LANDFALL_CHART_CACHE", "")
needs_helm = pytest.mark.skipif(not HELM, reason=NO_HELM)
real = pytest.param(
    "real",
    marks=pytest.mark.skipif(not CACHE, reason="not run: LANDFALL_CHART_CACHE names no folder with the pinned charts"),
)


def items() -> list[Item]:
    found: list[dict[str, Any]] = []
    for role in COMPONENTS:
        if f"__{role}_credentials" in load(role, "vars"):
            found += evaluate(role, f"__{role}_credentials")
    return parse_items(found, "landfall-system")


def subjects() -> list[Subject]:
    """Return the credentials of all components as a rotation reads them."""
    # Of text that a user gave there is no original.
    kept = [item for item in items() if item.kind != "fixed"]
    originals = [{"metadata": {"name": item.name, "annotations": item.annotations}} for item in kept]
    found = [subject for each in originals if (subject := Subject.read(each))]
    return [*found, *(each.token for each in found if each.token)]


@cache
def made(charts: str) -> frozenset[tuple[str, str, str]]:
    """Return (namespace, kind, name) of what the releases of all components make, of the real charts or stand-ins."""
    found = set()
    for each in (each for role in COMPONENTS if role != "flask_app" for each in releases(role)):
        archive = Path(CACHE) / f"{each['name']}-{each['chart']['version']}.tgz"
        chart = archive if charts == "real" else STAND_INS / each["name"]
        for one in rendered(chart, each):
            found.add((one["metadata"].get("namespace") or each["namespace"], one["kind"], one["metadata"]["name"]))
    return frozenset(found)


@needs_helm
@pytest.mark.parametrize("charts", ["stand-ins", real])
def test_workloads_that_are_replaced_or_needed_are_made_by_the_charts(charts: str) -> None:
    named = [where for each in subjects() for kind in ("restart", "needs") for where in each.workloads(kind)]
    assert len(named) == 7
    assert [where for where in named if where not in made(charts)] == []
    assert ("argocd", "Deployment", "argocd-redis-ha") not in made(charts), "control: not everything is there"


@needs_helm
@pytest.mark.parametrize("charts", ["stand-ins", real])
def test_grafana_is_asked_at_the_service_of_its_chart(charts: str) -> None:
    (grafana,) = [each for each in subjects() if each.method == "grafana"]
    scheme, name, port = grafana.how["service"].split(":")
    assert (scheme, port) == ("http", "80")
    assert (grafana.namespace, "Service", name) in made(charts)


def test_each_password_says_what_rotating_it_means() -> None:
    assert [each.name for each in subjects() if each.kind != "certificate" and not each.how.get("means")] == []
    assert {each.name for each in subjects() if each.method == "recreate"} == {"elastic"}
    assert {each.name for each in subjects() if each.how.get("by_hand")} == {"argocd-webhook", "argocd-signing-key"}


def test_what_is_noted_is_no_secret() -> None:
    """Only forms with a placeholder are noted, and no text of a Secret beside them."""
    noted = {key for each in subjects() for key in json.loads(json.dumps(each.forms))}
    assert {"admin.password", "admin-password", "github", "auth", "curlrc"} <= noted
    assert not noted & {"admin-user", "username", "roles", "webhook.github.secret"}
