"""The attack: another archive under the name and version of a chart, with a binding to cluster-admin in it.

Named when it comes first, refused when it comes second; through the same modules as role preflight and role groundwork.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from ansible_collections.landfall.eks.plugins.action import look
from ansible_collections.landfall.eks.plugins.module_utils.helm import chart_memory, pins, remote
from ansible_collections.landfall.eks.plugins.module_utils.helm.chart_sources import Sources, resolve_all
from ansible_collections.landfall.eks.plugins.module_utils.preflight import chart_trust
from ansible_collections.landfall.eks.plugins.module_utils.settings import components
from ansible_collections.landfall.eks.plugins.modules import chart_digests
from ansible_collections.landfall.eks.plugins.plugin_utils import in_worker
from ansible_collections.landfall.eks.plugins.plugin_utils.in_worker import InWorker
from tests.fake_cluster import FakeCluster
from tests.unit.components.rendering import CHECKOUT, COMPONENTS, load, owner, releases, templar
from tests.unit.rollout.conftest import make_chart  # noqa: F401

HOME = "landfall-system"
REF = "https://charts.invalid/demo"
BINDING = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRoleBinding",
    "metadata": {"name": "demo"},
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
    "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": "default"}],
}
EVIL = {"templates/more.yaml": yaml.safe_dump(BINDING)}
OURS = {"ref": REF, "version": "1.0.0", "sha256": None}
MakeChart = Callable[..., Path]
Result = dict[str, Any]


class Site:
    """A cluster, a cache of charts, and runs that look and then keep what they saw."""

    def __init__(self, folder: Path, cluster: FakeCluster) -> None:
        self.folder, self.cluster, self.charts = folder, cluster, {}

    def compared(self, pin: Result | None = None, policy: str = "warn", ask: bool = True, **release: Any) -> Result:
        """Find the chart of one release and compare it, as preflight does."""
        spec = {"name": "demo", "component": "demo", "namespace_setting": "demo_namespace", "chart": pin or OURS}
        self.releases = [{**spec, **release}]
        sources = Sources(self.folder / "downloads", "no-helm-here", self.folder / "cache", self.folder / "stand_ins")
        self.charts, problems = resolve_all({each["name"]: each["chart"] for each in self.releases}, sources)
        assert problems == []
        return self._module("compared", unverified=policy, ask=ask)

    def kept(self, *, check_mode: bool = False) -> Result:
        """Keep what was compared last, as groundwork does; what a run does after that does not matter here."""
        return self._module("kept", _ansible_check_mode=check_mode)

    def _module(self, state: str, **more: Any) -> Result:
        given = {"releases": self.releases, "charts": self.charts, "namespace": HOME, "kubeconfig": "/nowhere"}
        return in_worker.run(chart_digests.main, {**given, "state": state, **more}, {})

    @property
    def digest(self) -> str:
        """Of the chart that was found last."""
        return str(self.charts["demo"]["sha256"])


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    made = Site(tmp_path, FakeCluster({"kind": "Namespace", "metadata": {"name": HOME}}))

    @contextmanager
    def reading(_: Any) -> Iterator[FakeCluster]:
        yield made.cluster

    def unreachable(*_: Any) -> Path:
        raise remote.RemoteError("no such host")

    monkeypatch.setattr(chart_digests, "reading", reading)
    monkeypatch.setattr(remote, "pull", unreachable)
    return made


def test_the_first_one_is_named_and_another_one_is_refused(site: Site, make_chart: MakeChart) -> None:  # noqa: F811
    make_chart()
    first = site.compared()
    assert (first["problems"], first["unverified"], first["new"]) == ([], ["demo"], True)
    assert first["notes"] == ["Unverified charts, whose sha256 no setting has (docs/charts.md): demo."]
    assert site.kept()["changed"] is True
    good = site.digest
    again = site.compared()
    assert (again["problems"], again["new"]) == ([], False)

    make_chart(files=EVIL)
    (sentence,) = site.compared()["problems"]
    assert f"SHA-256 {site.digest}, and had {good} when" in sentence
    assert f"from {REF} before" in sentence
    assert sentence.endswith(f"write demo_chart: {{sha256: {site.digest}}}.")
    refused = site.kept()
    assert refused["failed"]
    assert sentence in refused["msg"]
    assert set(chart_memory.read(site.cluster, HOME).values()) == {good}


def test_the_digest_that_somebody_writes_is_accepted_from_then_on(
    site: Site,
    make_chart: MakeChart,  # noqa: F811
) -> None:
    make_chart()
    site.compared()
    site.kept()
    make_chart(files=EVIL)
    site.compared()
    written = pins.merged(OURS, {"sha256": site.digest})
    found = site.compared(written)
    assert (found["problems"], found["unverified"], found["notes"]) == ([], [], [])
    site.kept()
    # Without the setting again: the accepted one stays, and the one before it is no longer accepted.
    assert site.compared()["problems"] == []
    make_chart()
    assert len(site.compared()["problems"]) == 1


@pytest.mark.parametrize("version", ["v1.0.0", " 1.0.0"])
def test_a_version_in_another_form_is_the_same(site: Site, make_chart: MakeChart, version: str) -> None:  # noqa: F811
    make_chart()
    site.compared()
    site.kept()
    make_chart(files=EVIL, version=version.strip()).rename(site.folder / f"cache/demo-{version}.tgz")
    assert len(site.compared({**OURS, "version": version})["problems"]) == 1


def test_the_url_of_an_archive_is_one_version(site: Site, make_chart: MakeChart) -> None:  # noqa: F811
    url = pins.merged(OURS, {"ref": "https://own.invalid/demo-1.0.0.tgz"})
    make_chart()
    assert site.compared(url)["problems"] == []
    site.kept()
    make_chart(files=EVIL, version="1.0.1").rename(site.folder / "cache/demo-1.0.0.tgz")
    assert len(site.compared(url)["problems"]) == 1


def test_another_version_and_another_place_are_first_ones(site: Site, make_chart: MakeChart) -> None:  # noqa: F811
    archive = make_chart()
    first = archive.read_bytes()
    site.compared()
    site.kept()
    make_chart(files=EVIL, version="1.1.0")
    other = site.compared({**OURS, "version": "1.1.0"})
    assert (other["problems"], other["unverified"], other["new"]) == ([], ["demo"], True)
    make_chart(files=EVIL)
    mirrored = site.compared(pins.merged(OURS, {}, "oci://mirror.invalid/charts"))
    assert (mirrored["problems"], mirrored["unverified"], mirrored["new"]) == ([], ["demo"], True)
    site.kept()
    # And it has a memory of its own.
    archive.write_bytes(first)
    assert len(site.compared(pins.merged(OURS, {}, "oci://mirror.invalid/charts"))["problems"]) == 1
    assert site.compared()["problems"] == []


@pytest.mark.parametrize("folder", [False, True])
def test_what_lies_on_this_machine_is_not_remembered(
    site: Site,
    make_chart: MakeChart,  # noqa: F811
    folder: bool,
) -> None:
    """A file may be packaged again, a folder is somebody's source; of a file it is said that nobody vouches for it."""
    path = make_chart(folder="own")
    source = site.folder / "demo"
    source.mkdir()
    (source / "Chart.yaml").write_text("name: demo\nversion: 1.0.0\n")
    pin = pins.merged(OURS, {"ref": str(source if folder else path)})
    found = site.compared(pin)
    assert (found["problems"], found["new"]) == ([], False)
    assert found["unverified"] == ([] if folder else ["demo"])
    (source / "values.yaml").write_text("a: 1\n")
    make_chart(folder="own", files=EVIL)
    assert site.compared(pin)["problems"] == []
    assert len(site.compared(pin, policy="refuse")["problems"]) == (0 if folder else 1)


def test_a_stand_in_never_counts(site: Site, make_chart: MakeChart) -> None:  # noqa: F811
    stand_in = site.folder / "stand_ins/demo"
    stand_in.mkdir(parents=True)
    (stand_in / "Chart.yaml").write_text(yaml.safe_dump({"name": "demo", "version": "1.0.0"}))
    found = site.compared(policy="refuse")
    assert (found["problems"], found["unverified"], found["new"]) == ([], [], False)
    make_chart()
    assert site.compared()["problems"] == []
    site.kept()
    (site.folder / "cache/demo-1.0.0.tgz").unlink()
    assert site.compared()["problems"] == []
    assert site.charts["demo"]["source"] == "stand-in"


def test_an_archive_that_calls_itself_a_stand_in_is_none(site: Site, make_chart: MakeChart) -> None:  # noqa: F811
    make_chart()
    site.compared()
    site.kept()
    make_chart(files=EVIL, annotations={"landfall/stand-in": "true"})
    found = site.compared()
    assert (len(found["problems"]), found["unverified"]) == (1, ["demo"])
    assert site.charts["demo"]["source"] == "cache"
    sources = Sources(site.folder / "downloads", "no-helm-here", site.folder / "cache")
    _, problems = resolve_all({"demo": {**OURS, "sha256": "0" * 64}}, sources)
    assert "pinned is " in problems[0]


def test_refuse_says_digest_and_setting_before_any_change(site: Site, make_chart: MakeChart) -> None:  # noqa: F811
    make_chart()
    found = site.compared(policy="refuse")
    (sentence,) = found["problems"]
    assert "platform_unverified_charts is refuse" in sentence
    assert sentence.endswith(f"write demo_chart: {{sha256: {site.digest}}}.")
    assert found["notes"] == []
    assert site.compared({**OURS, "sha256": site.digest.upper()}, policy="refuse")["problems"] == []
    assert site.cluster.written == []


def test_one_sentence_is_enough_for_a_chart_that_is_both(site: Site, make_chart: MakeChart) -> None:  # noqa: F811
    make_chart()
    site.compared()
    site.kept()
    make_chart(files=EVIL)
    (sentence,) = site.compared(policy="refuse")["problems"]
    assert " before: ask its publisher" in sentence


def test_a_component_of_ones_own_is_named_by_its_place(site: Site, make_chart: MakeChart) -> None:  # noqa: F811
    make_chart()
    place = "platform_components.shop.releases[0]"
    found = site.compared(policy="refuse", component="shop", namespace_setting=f"{place}.namespace")
    assert found["problems"][0].endswith(f"write {place}.chart.sha256: {site.digest}.")


def test_without_a_cluster_nothing_is_known(site: Site, make_chart: MakeChart) -> None:  # noqa: F811
    make_chart()
    assert len(site.compared(policy="refuse", ask=False)["problems"]) == 1
    assert site.cluster.log == []


def test_check_mode_keeps_nothing_and_nor_does_a_cluster_without_our_namespace(
    site: Site,
    make_chart: MakeChart,  # noqa: F811
) -> None:
    make_chart()
    site.compared()
    assert site.kept(check_mode=True)["changed"] is True
    assert site.cluster.written == []
    del site.cluster.objects["Namespace", "", HOME]
    assert site.compared()["new"] is True


@pytest.mark.parametrize("data", [None, {}, {"charts": "bm8="}, {"charts": base64.b64encode(b"[1]").decode()}])
def test_a_secret_that_holds_no_digests_is_said(
    site: Site,
    make_chart: MakeChart,  # noqa: F811
    data: dict[str, str] | None,
) -> None:
    make_chart()
    secret: dict[str, Any] = {"kind": "Secret", "metadata": {"name": "landfall-charts", "namespace": HOME}}
    site.cluster.add(secret if data is None else {**secret, "data": data})
    (sentence,) = site.compared()["problems"]
    assert f"The Secret {HOME}/landfall-charts" in sentence
    assert "delete it" in sentence
    assert site.kept()["failed"]


def test_digests_of_others_stay(site: Site, make_chart: MakeChart) -> None:  # noqa: F811
    chart_memory.write(site.cluster, HOME, {"oci://other.invalid/x 1.0.0": "a" * 64})
    make_chart()
    site.compared()
    site.kept()
    others = {"oci://other.invalid/x 1.0.0": "a" * 64}
    assert chart_memory.read(site.cluster, HOME) == {**others, f"{REF} 1.0.0": site.digest}


@pytest.mark.parametrize(
    ("sha256", "identity", "source", "unverified"),
    [
        (None, "a" * 24 + "-" + "b" * 24, "cache", True),
        ("A" * 64, "a" * 24 + "-" + "b" * 24, "cache", False),
        ("c" * 64, "a" * 24 + "-" + "b" * 24, "upstream", True),
        (None, "a" * 24 + "-" + "b" * 24, "stand-in", False),
        (None, "", "", False),
    ],
)
def test_of_what_is_live(sha256: str | None, identity: str, source: str, unverified: bool) -> None:
    pin = {"ref": REF, "version": "1.0.0", "sha256": sha256}
    assert chart_trust.is_unverified(pin, {"identity": identity, "source": source}) is unverified


def test_our_own_chart_is_source_and_live_too() -> None:
    (flask,) = [each for role in COMPONENTS for each in releases(role) if each["chart"]["ref"].startswith("/")]
    assert not chart_trust.is_unverified(flask["chart"], {"identity": "a-b", "source": "upstream"})


@pytest.mark.parametrize("name", [each["name"] for role in COMPONENTS for each in releases(role)])
def test_the_setting_that_is_named_is_one(name: str) -> None:
    role = owner(name)
    (release,) = [each for each in releases(role) if each["name"] == name]
    setting = components.chart_setting({"namespace_setting": f"{role}_namespace", **release})
    assert load(role, "defaults")[setting] == {}


def test_preflight_warns_and_the_summary_repeats_it(monkeypatch: pytest.MonkeyPatch) -> None:
    note = "Unverified charts, whose sha256 no setting has (docs/charts.md): a, b."
    told = {"unverified": ["a", "b"], "notes": [note], "new": True, "problems": ["c"]}
    monkeypatch.setattr(InWorker, "look", lambda *_: told)
    (step,) = [each for each in load("preflight", "vars")["__preflight_steps"] if each.get("look") == "chart_digests"]
    steps = [{**step, "with": {}, "when": True}]
    known = {"platform_no_run": {"started": []}, "steps": steps, "inventory_hostname": "test"}
    plain = SimpleNamespace(template=lambda value: value, copy_with_new_env=lambda **_: plain)
    task = SimpleNamespace(args={"steps": "steps"}, check_mode=False, async_val=0, action="look", diff=False)
    connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir="/nowhere"))
    result = look.ActionModule(task, connection, None, None, plain, None).run(task_vars=known)
    assert result["warnings"] == [note]
    shown = load("summary", "vars")["__summary_unverified"]
    assert templar("summary", platform_run={"found": {"chart_notes": [note]}}).template(shown) == [note]
    assert templar("summary", platform_run={"found": {}}).template(shown) == []


def test_the_digests_are_kept_before_anything_is_applied() -> None:
    tasks = yaml.safe_load((CHECKOUT / "roles/groundwork/tasks/apply.yml").read_text())
    assert tasks[0]["landfall.eks.chart_digests"]["state"] == "kept"
    assert "when" not in tasks[0]
    first = yaml.safe_load((CHECKOUT / "roles/groundwork/tasks/main.yml").read_text())[0]
    assert first["ansible.builtin.include_tasks"] == "apply.yml"
    assert any("platform_run.found.new_charts" in each for each in first["when"])


def test_the_secret_is_small_and_plain(site: Site) -> None:
    chart_memory.write(site.cluster, HOME, {f"https://charts.example.org/{n} 1.0.0": "a" * 64 for n in range(1000)})
    (written,) = [body for _, _, body in site.cluster.written]
    assert len(json.dumps(written)) < 200_000
