"""Charts: which source wins, and what is refused."""

import pytest
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.helm import chart, chart_sources
from ansible_collections.landfall.eks.plugins.module_utils.helm.chart_sources import (
    Sources,
    resolve,
    resolve_all,
)
from ansible_collections.landfall.eks.plugins.module_utils.text import digests

REF = "https://charts.invalid/demo"
DEFINITION = {"kind": "CustomResourceDefinition", "metadata": {"name": "things.example.org"}}


def pin(**more):
    return {"ref": REF, "version": "1.0.0", "sha256": None, **more}


def sources(tmp_path, **more):
    return Sources(downloads=tmp_path / "downloads", helm="no-helm-here", cache=tmp_path / "cache", **more)


def test_cache_comes_first_and_an_unpinned_chart_is_unverified(tmp_path, make_chart):
    path = make_chart()
    found = resolve(pin(), sources(tmp_path, reachable={"charts.invalid": True}))
    assert found["path"] == str(path)
    assert (found["source"], found["verified"], found["version"]) == ("cache", False, "1.0.0")


def test_right_digest_is_verified(tmp_path, make_chart):
    summed = chart.digest(make_chart())
    assert resolve(pin(sha256=summed), sources(tmp_path))["verified"]


def test_wrong_digest_names_both_sums(tmp_path, make_chart):
    summed = chart.digest(make_chart())
    _, problems = resolve_all({"demo": pin(sha256="0" * 64)}, sources(tmp_path))
    assert len(problems) == 1
    assert summed in problems[0]
    assert "0" * 64 in problems[0]


def test_wrong_version_inside_the_archive_is_refused(tmp_path, make_chart):
    made = make_chart(version="9.9.9")
    made.rename(made.with_name("demo-1.0.0.tgz"))
    _, problems = resolve_all({"demo": pin()}, sources(tmp_path))
    assert "holds the chart demo 9.9.9, wanted is demo 1.0.0" in problems[0]


def test_truncated_archive_is_refused(tmp_path, make_chart):
    path = make_chart(files={"templates/big.yaml": "x: " + "".join(str(n) for n in range(20000))})
    path.write_bytes(path.read_bytes()[:2000])
    _, problems = resolve_all({"demo": pin()}, sources(tmp_path))
    assert "not a whole chart archive" in problems[0]


def test_missing_chart_says_file_and_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(chart_sources, "answers", lambda host: False)
    charts, problems = resolve_all({"demo": pin(), "other": pin(ref="oci://charts.invalid/other")}, sources(tmp_path))
    assert charts == {}
    assert len(problems) == 2
    assert "put demo-1.0.0.tgz into that folder" in problems[0]
    assert str(tmp_path / "cache") in problems[0]


def test_stand_in_only_without_network_and_never_verified(tmp_path, monkeypatch):
    folder = tmp_path / "stand_ins" / "demo"
    folder.mkdir(parents=True)
    annotations = {"landfall/stand-in": "true"}
    (folder / "Chart.yaml").write_text(yaml.safe_dump({"name": "demo", "version": "1.0.0", "annotations": annotations}))
    monkeypatch.setattr(chart_sources, "answers", lambda host: False)
    charts, problems = resolve_all({"demo": pin(sha256="0" * 64)}, sources(tmp_path, stand_ins=folder.parent))
    assert problems == []
    assert (charts["demo"]["source"], charts["demo"]["verified"]) == ("stand-in", False)


def test_upstream_that_fails_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr(chart_sources, "answers", lambda host: True)
    _, problems = resolve_all({"demo": pin()}, sources(tmp_path))
    assert problems[0].startswith("The chart demo 1.0.0 could not be had from https://charts.invalid/demo")
    assert list((tmp_path / "downloads").iterdir()) == []


def test_folder_digest_changes_with_content_and_names(tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "Chart.yaml").write_text("name: own\nversion: 1.0.0\n")
    first = chart.digest(folder)
    (folder / "values.yaml").write_text("a: 1\n")
    second = chart.digest(folder)
    (folder / "values.yaml").rename(folder / "other.yaml")
    assert len({first, second, chart.digest(folder)}) == 3


def test_definitions_come_from_crds_folders_of_subcharts_too_but_not_from_templates(make_chart):
    text = yaml.safe_dump(DEFINITION)
    path = make_chart(
        files={
            "charts/sub/crds/one.yaml": text,
            "templates/crds/two.yaml": "{{ not yaml }}",
            "crds/notes.txt": "no",
            "crds/three.yaml": f"---\n{text}---\nkind: ConfigMap\nenum: [=]\n---\n",
        }
    )
    assert [each["metadata"]["name"] for each in chart.definitions_in(path)] == ["things.example.org"] * 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [({"a": 1, "b": [1, 2]}, {"b": [1, 2], "a": 1}, True), ({"a": 1}, {"a": "1"}, False), ({}, {"a": None}, False)],
)
def test_values_digest(one, other, same):
    assert (digests.values_digest(one) == digests.values_digest(other)) is same
