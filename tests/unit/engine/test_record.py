"""The public record of a run: who writes it, and what of a release it holds."""

from pathlib import Path

import pytest
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.settings import components
from ansible_collections.landfall.eks.plugins.plugin_utils import run_records

ROLES = Path(__file__).parents[3] / "roles"
WRITERS = {f"platform/tasks/{name}.yml" for name in ("alone", "decide", "look", "record", "start")}
CHART = {"path": "x.tgz", "sha256": "0" * 64, "source": "cache", "name": "x", "version": "1.0.0", "verified": False}


def tasks(entries):
    for each in entries or []:
        yield each
        for key in ("block", "rescue", "always"):
            yield from tasks(each.get(key))


def recording():
    """Yield the file and the task of each task whose result becomes the record."""
    for path in ROLES.glob("*/tasks/*.yml"):
        for each in tasks(yaml.safe_load(path.read_text())):
            if each.get("register") == "platform_run":
                yield path, each


def test_a_task_that_is_skipped_never_takes_the_place_of_the_record():
    """Neither by a condition of its own nor by one of its role: an included file is skipped as a whole."""
    found = list(recording())
    assert {path.relative_to(ROLES).as_posix() for path, _ in found} == WRITERS
    assert [str(path) for path, each in found if "when" in each or "loop" in each] == []


def release(**more):
    spec = components.load_spec(ROLES)
    return components.completed({"name": "x", "component": "toy", "namespace": "toys", "chart": {}, **more}, spec)


def test_a_release_is_completed_from_its_spec():
    made = release(timeout=30)
    assert (made["timeout"], made["ready"], made["crds"]["source"]) == (30, [], "none")


def test_the_row_of_a_release_holds_no_values():
    row = run_records.started(release(values={"secret": 1}), CHART, "made-of", again={"calls": 2})
    assert "secret" not in str(row)
    assert (row["identity"], row["job"], row["calls"], row["version"]) == ("made-of", "", 2, "1.0.0")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [({"live": {"b": 2}}, {"b": 2}), ({"kept": []}, {"a": 1})],
)
def test_a_part_is_replaced_unless_it_grows(parts, expected):
    assert run_records.extended({"live": {"a": 1}, "kept": [], "started": []}, parts)["live"] == expected


def test_what_others_installed_is_taken_over_where_its_policy_says_so():
    policies = ({"policy": policy} for policy in ("adopt", "leave"))
    assert [release(existing=each)["adopt"] for each in policies] == [True, False]
    assert release(existing={"policy": "leave"}, adopt=True)["adopt"] is True


def test_definitions_are_completed_field_by_field():
    assert release(crds={"source": "chart"})["crds"] == {"source": "chart", "values": {}, "keep": True}
