"""What holds for every dashboard, as Grafana reads it, and that the committed ones are those that the code makes."""

import copy
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.components.rendering import CHECKOUT
from tests.unit.monitoring.dashboards.grafana import dashboards

FOLDER = CHECKOUT / "roles" / "monitoring" / "files" / "dashboards"
UIDS = {f"landfall-{each}" for each in ("overview", "slo", "flask-app", "ingress", "logging", "entities")}
# What stands for "the data source of the variable datasource", and what Grafana's own annotations would ask.
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
GRID = 24


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in dashboard["panels"] if each["type"] != "row"]


def faults(dashboard: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a dashboard, one sentence each."""
    ids = [each["id"] for each in dashboard["panels"]]
    if len(set(ids)) != len(ids) or 0 in ids:
        yield "Two panels have the same number, or one has none."
    for each in panels(dashboard):
        yield from faults_of_panel(each)
    for place in sources(dashboard):
        if place != DATASOURCE:
            yield f"The data source {place} is not the variable's."
    yield from faults_of_layout(dashboard)
    for uid in re.findall(r"/d/([\w-]+)", json.dumps(dashboard)):
        if uid not in UIDS:
            yield f"A link leads to {uid}, which there is not."


def faults_of_layout(dashboard: dict[str, Any]) -> Iterator[str]:
    taken: dict[tuple[int, int], str] = {}
    for each in dashboard["panels"]:
        box = each["gridPos"]
        for cell in (
            (x, y) for x in range(box["x"], box["x"] + box["w"]) for y in range(box["y"], box["y"] + box["h"])
        ):
            if cell in taken or cell[0] >= GRID:
                yield f"{each['title']} lies over {taken.get(cell, 'the edge')}."
                break
            taken[cell] = each["title"]


def faults_of_panel(panel: dict[str, Any]) -> Iterator[str]:
    if not panel.get("title") or "**Good:** " not in panel.get("description", ""):
        yield f"{panel.get('title')} does not say what good looks like."
    if not panel["fieldConfig"]["defaults"].get("unit"):
        yield f"{panel['title']} has no unit."
    if not panel.get("targets"):
        yield f"{panel['title']} asks nothing."
    many = panel["type"] == "timeseries"
    if many and any(not each.get("legendFormat") for each in panel["targets"]):
        yield f"{panel['title']} has a series without a legend."
    refs = [each["refId"] for each in panel["targets"]]
    if len(set(refs)) != len(refs):
        yield f"{panel['title']} has two queries of the same letter."


def sources(tree: Any) -> Iterator[Any]:
    """Yield every data source that is named anywhere."""
    if isinstance(tree, dict):
        yield from ([tree["datasource"]] if "datasource" in tree else [])
        for each in tree.values():
            yield from sources(each)
    elif isinstance(tree, list):
        for each in tree:
            yield from sources(each)


def test_there_are_the_six_that_alerts_and_docs_link_to() -> None:
    assert set(dashboards()) == UIDS
    titles = [each["title"] for each in dashboards().values()]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("uid", sorted(UIDS))
def test_a_dashboard_has_no_fault(uid: str) -> None:
    assert list(faults(dashboards()[uid])) == []


@pytest.mark.parametrize("uid", sorted(UIDS))
def test_it_asks_the_chosen_data_source_and_leads_to_the_others(uid: str) -> None:
    first = dashboards()[uid]["templating"]["list"][0]
    assert (first["name"], first["type"], first["query"]) == ("datasource", "datasource", "prometheus")
    assert [(each["type"], each["tags"], each["keepTime"]) for each in dashboards()[uid]["links"]] == [
        ("dashboards", ["landfall"], True)
    ]
    assert "landfall" in dashboards()[uid]["tags"]


@pytest.mark.parametrize("uid", sorted(UIDS))
def test_rollouts_are_marked(uid: str) -> None:
    events = {each["name"]: each for each in dashboards()[uid]["annotations"]["list"]}
    assert "kube_replicaset_spec_replicas" in events["Rollouts"]["expr"]
    assert events["Rollouts"]["titleFormat"] == "Rollout of {{owner_name}}"
    assert events["Rollouts"]["enable"] is True


def broken(change: str) -> dict[str, Any]:
    """Return a dashboard with one fault."""
    made = copy.deepcopy(dashboards()["landfall-slo"])
    panel = next(each for each in made["panels"] if each["type"] == "timeseries")
    match change:
        case "number":
            panel["id"] = 1
        case "unit":
            del panel["fieldConfig"]["defaults"]["unit"]
        case "good":
            panel["description"] = "Shows something."
        case "datasource":
            panel["targets"][0]["datasource"] = {"type": "prometheus", "uid": "prometheus"}
        case "place":
            panel["gridPos"]["y"] = 0
        case "link":
            panel["description"] += " See /d/landfall-nowhere."
        case "legend":
            del panel["targets"][0]["legendFormat"]
    return made


@pytest.mark.parametrize("change", ["number", "unit", "good", "datasource", "place", "link", "legend"])
def test_a_fault_is_found(change: str) -> None:
    assert len(list(faults(broken(change)))) == 1


def test_variables_take_many_values_and_all() -> None:
    found = {each["name"]: each for each in dashboards()["landfall-entities"]["templating"]["list"]}
    for name in ("node", "namespace", "pod", "service"):
        assert (found[name]["multi"], found[name]["includeAll"], found[name]["allValue"]) == (True, True, ".*")
        assert found[name]["query"].startswith("label_values(")
    for name in ("host_by", "pod_by", "service_by"):
        assert len(found[name]["options"]) > 2
    # Grafana splits the choices at commas, so that one inside of a choice is escaped.
    assert r"pod : namespace\,pod," in found["pod_by"]["query"]


def test_burn_rates_have_the_lines_of_their_alerts() -> None:
    found = {
        each["title"]: each["fieldConfig"]["defaults"]["thresholds"]["steps"][1]["value"]
        for each in panels(dashboards()["landfall-slo"])
        if each["title"].startswith("Burn rate over ")
    }
    assert found == {
        "Burn rate over 1h and 5m": 14.4,
        "Burn rate over 6h and 30m": 6,
        "Burn rate over 1d and 2h": 3,
        "Burn rate over 3d and 6h": 1,
    }


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the check of CI in a copy of the checkout's files that it reads."""
    return subprocess.run(
        [sys.executable, folder / "tools" / "make_dashboards.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_committed_is_what_the_code_makes() -> None:
    done = check(CHECKOUT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_changed_and_a_foreign_dashboard_are_told(tmp_path: Path) -> None:
    for each in ("tools", "docs", "roles"):
        (tmp_path / each).mkdir()
    (tmp_path / "tools" / "make_dashboards.py").write_text((CHECKOUT / "tools" / "make_dashboards.py").read_text())
    (tmp_path / "tools" / "dashboards").symlink_to(CHECKOUT / "tools" / "dashboards")
    (tmp_path / "docs" / "dashboards.md").write_text((CHECKOUT / "docs" / "dashboards.md").read_text())
    copied = tmp_path / "roles" / "monitoring" / "files" / "dashboards"
    copied.mkdir(parents=True)
    for path in FOLDER.glob("*.json"):
        (copied / path.name).write_text(path.read_text())
    assert check(tmp_path).returncode == 0
    (copied / "landfall-slo.json").write_text((copied / "landfall-slo.json").read_text().replace("14.4", "15"))
    (copied / "more.json").write_text("{}")
    done = check(tmp_path)
    assert done.returncode == 1
    assert "landfall-slo.json" in done.stdout
    assert "more.json" in done.stdout
    assert "landfall-ingress.json" not in done.stdout
