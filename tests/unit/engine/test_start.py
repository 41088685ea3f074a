"""Action start: what is started of a component, in which order, and what is recorded."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from ansible.errors import AnsibleActionFail

from ansible_collections.landfall.eks.plugins.action import start
from ansible_collections.landfall.eks.plugins.module_utils.helm.state import identity
from ansible_collections.landfall.eks.plugins.plugin_utils.in_worker import InWorker

ROLES = Path(__file__).parents[3] / "roles"
EMPTY = yaml.safe_load((ROLES / "platform/vars/main.yml").read_text())["platform_no_run"]
DIGEST = "0" * 64
CHARTS = {
    name: {"path": f"{name}.tgz", "sha256": DIGEST, "source": "cache", "name": name, "version": "1.0.0"}
    for name in ("one", "two")
}


def release(name, **more):
    return {"name": name, "component": "toy", "namespace": "toys", "chart": {}, **more}


def live(status, values=None, revision=1):
    """Return Helm's records of release `one`, as module helm_state returns them."""
    made_of = identity(DIGEST, values) if status == "deployed" else ""
    return {"toys/one": {"name": "one", "revision": revision, "status": status, "identity": made_of}}


@pytest.fixture
def run(monkeypatch):
    """Return a function that runs the action, and returns its result and the modules that it called."""

    def run(releases, record=None, fails=(), **options):
        called = []

        def act(_, name, arguments, __):
            called.append((name, arguments))
            if name in fails:
                return {"failed": True, "msg": f"{name} failed"}
            return {"helm_start": {"job": f"/jobs/{arguments.get('name')}"}, "helm_state": {"releases": {}}}.get(
                name, {}
            )

        given = {"folder": "/state", "namespace": "landfall-system", "releases": releases, **options}
        monkeypatch.setattr(InWorker, "act", act)
        monkeypatch.setattr(start.ActionModule, "check", lambda *_: called.append(("lease", {})) or {"held": True})
        templar = SimpleNamespace(template=lambda value: value)
        task = SimpleNamespace(args=given, check_mode=False, async_val=0, action="start", no_log=False, diff=False)
        variables = {"inventory_hostname": "one", "platform_run": {**EMPTY, "charts": CHARTS, **(record or {})}}
        connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir="/nowhere"))
        made = start.ActionModule(task, connection, None, None, templar, None)
        return made.run(task_vars=variables), called

    return run


def rows(result):
    return {row["name"]: (row["job"], row["waits_for"]) for row in result["started"]}


HELD = {"lease": {"held": True, "run_id": "x"}}
READY = {"definitions": {"namespaces": ["toys"], "releases": ["one", "two"], "applied": [], "made": []}}


def test_one_that_waits_for_nothing_is_started_and_the_other_one_is_recorded(run):
    result, called = run([release("one"), release("two", needs=["one"])], HELD | READY)
    assert rows(result) == {"one": ("/jobs/one", []), "two": ("", ["one"])}
    assert [name for name, _ in called] == ["lease", "helm_start"]
    assert result["changed"]


def test_what_the_run_has_not_prepared_is_prepared_first(run):
    _, called = run([release("one", crds={"source": "chart"}, namespace_labels={"a": "b"})], HELD)
    assert [name for name, _ in called] == ["lease", "namespaces", "crds", "helm_start"]
    assert called[1][1]["wanted"] == [{"namespace": "toys", "namespace_labels": {"a": "b"}}]
    assert called[2][1]["charts"] == [
        {"release": "one", "path": "one.tgz", "adopt": False, "source": "chart", "values": {}}
    ]


def test_a_locked_release_is_unlocked(run):
    _, called = run([release("one")], READY | {"live": live("pending-upgrade")})
    assert [name for name, _ in called] == ["unlock", "helm_start"]


def test_one_in_sync_is_recorded_and_left_alone(run):
    result, called = run([release("one", values={"a": 1})], READY | {"live": live("deployed", {"a": 1})})
    assert (rows(result), called, result["changed"]) == ({"one": ("", [])}, [], False)
    _, called = run([release("one", values={"a": 2})], READY | {"live": live("deployed", {"a": 1})})
    assert [name for name, _ in called] == ["helm_start"], "control"


@pytest.mark.parametrize(("in_sync", "applied"), [(["toy"], False), ([], True)])
def test_objects_that_the_component_applies_itself_are_recorded_as_changed(run, in_sync, applied):
    known = READY | {"live": live("deployed", {"a": 1}), "objects": {"in_sync": in_sync}}
    result, _ = run([release("one", values={"a": 1})], known)
    assert [row["applied"] for row in result["started"]] == [applied]


def test_one_that_others_installed_is_not_recorded(run):
    left = {"cluster": {**EMPTY["cluster"], "left": ["one"]}}
    result, called = run([release("one"), release("two", needs=["one"])], READY | left)
    assert rows(result) == {"two": ("/jobs/two", [])}
    assert [arguments["name"] for _, arguments in called] == ["two"]


def test_what_is_needed_and_nowhere_is_said(run):
    with pytest.raises(AnsibleActionFail, match=r"two needs one, which this cluster does not have: .*without --tags\."):
        run([release("two", needs=["one"])], READY)
    result, _ = run([release("two", needs=["one"])], READY | {"live": live("deployed")})
    assert rows(result) == {"two": ("/jobs/two", [])}


def test_one_may_need_another_that_starts_later_in_the_run(run):
    releases = {"releases": [{"name": "one"}, {"name": "two"}]}
    result, _ = run([release("one", needs=["two"]), release("two")], READY | releases)
    assert rows(result) == {"one": ("", ["two"]), "two": ("/jobs/two", [])}


def test_one_that_is_started_again_waits_for_nothing_and_keeps_its_time(run):
    before = {"started": [{"name": "one", "namespace": "toys", "job": "/jobs/one"}], "live": live("deployed")}
    result, called = run([release("two", needs=["one"])], READY | before, again={"two": {"started": 12.5, "calls": 2}})
    assert [name for name, _ in called] == ["helm_state", "helm_start"]
    row = next(each for each in result["started"] if each["name"] == "two")
    assert (row["job"], row["waits_for"], row["started"], row["calls"]) == ("/jobs/two", [], 12.5, 2)


def test_a_plan_starts_nothing_and_says_what_would_be(run):
    result, called = run(
        [release("one"), release("two", needs=["nobody"])], {"live": live("deployed", {})}, planning=True
    )
    assert called == []
    assert [row["name"] for row in result["planned"]] == ["two"]
    assert {row["name"] for row in result["started"]} == {"one", "two"}


@pytest.mark.parametrize("module", ["namespaces", "crds", "helm_start"])
def test_what_fails_is_said_and_nothing_more_is_done(run, module):
    with pytest.raises(AnsibleActionFail, match=f"{module} failed"):
        run([release("one", crds={"source": "chart"})], fails=[module])


def test_nothing_is_started_once_the_lease_is_lost(run, monkeypatch):
    lost = {"failed": True, "msg": "Nothing more is started"}
    run([release("one")], HELD)
    monkeypatch.setattr(start.ActionModule, "check", lambda *_: lost)
    action = object.__new__(start.ActionModule)
    action.options, action.variables = {"namespace": "x", "folder": "y"}, {}
    with pytest.raises(AnsibleActionFail, match="Nothing more is started"):
        action._hold(HELD)
