"""Charts: which source wins, and what is refused."""

import tarfile

import pytest
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.helm import chart, chart_sources, pins, remote
from ansible_collections.landfall.eks.plugins.module_utils.helm.chart_sources import (
    Sources,
    resolve,
    resolve_all,
    untested,
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
    found = resolve(pin(), sources(tmp_path))
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


@pytest.fixture
def pulling(monkeypatch):
    """Let Helm end with an error, and return what it was asked for."""
    asked = []

    def fail(error):
        def pull(helm, ref, version, folder, seconds):
            asked.append((ref, version, seconds))
            raise remote.RemoteError(error)

        monkeypatch.setattr(remote, "pull", pull)
        return asked

    return fail


def test_missing_chart_says_file_and_folder_and_what_helm_says(tmp_path, pulling):
    pulling("dial tcp: lookup charts.invalid: no such host")
    charts, problems = resolve_all({"demo": pin(), "other": pin(ref="oci://charts.invalid/other")}, sources(tmp_path))
    assert charts == {}
    assert len(problems) == 2
    assert "put demo-1.0.0.tgz into that folder" in problems[0]
    assert str(tmp_path / "cache") in problems[0]
    assert "no such host" in problems[0]


@pytest.fixture
def stand_ins(tmp_path):
    folder = tmp_path / "stand_ins" / "demo"
    folder.mkdir(parents=True)
    annotations = {"landfall/stand-in": "true"}
    (folder / "Chart.yaml").write_text(yaml.safe_dump({"name": "demo", "version": "1.0.0", "annotations": annotations}))
    return folder.parent


def test_stand_in_only_without_network_and_never_verified(tmp_path, pulling, stand_ins):
    asked = pulling("dial tcp 10.0.0.1:443: i/o timeout")
    charts, problems = resolve_all({"demo": pin(sha256="0" * 64)}, sources(tmp_path, stand_ins=stand_ins))
    assert problems == []
    assert (charts["demo"]["source"], charts["demo"]["verified"]) == ("stand-in", False)
    assert asked[0][2] == chart_sources.STAND_IN_SECONDS


@pytest.mark.parametrize("words", ["unauthorized", "chart not found", "x509: certificate signed by unknown authority"])
def test_no_stand_in_where_upstream_answers(tmp_path, pulling, stand_ins, words):
    pulling(words)
    charts, problems = resolve_all({"demo": pin()}, sources(tmp_path, stand_ins=stand_ins))
    assert charts == {}
    assert words in problems[0]


def test_no_stand_in_for_another_version(tmp_path, pulling, stand_ins):
    pulling("connection refused")
    charts, problems = resolve_all({"demo": pin(version="1.0.1")}, sources(tmp_path, stand_ins=stand_ins))
    assert charts == {}
    assert "The chart demo 1.0.1" in problems[0]


def test_upstream_that_fails_leaves_nothing_behind(tmp_path):
    _, problems = resolve_all({"demo": pin()}, sources(tmp_path))
    assert "Helm could not get it from https://charts.invalid/demo" in problems[0]
    assert [path for path in (tmp_path / "downloads").rglob("*") if path.is_file()] == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "downloads").write_text("no folder")
    _, problems = resolve_all({"demo": pin()}, sources(tmp_path))
    assert "write another folder as platform_chart_downloads" in problems[0]


def test_one_name_and_version_of_two_places_are_two_charts(tmp_path, monkeypatch, make_chart):
    archive = make_chart()
    content = archive.read_bytes()
    archive.unlink()

    def pull(helm, ref, version, folder, seconds):
        (folder / "demo-1.0.0.tgz").write_bytes(content)
        return folder / "demo-1.0.0.tgz"

    monkeypatch.setattr(remote, "pull", pull)
    first = resolve(pin(), sources(tmp_path))
    other = resolve(pin(ref="oci://mirror.invalid/demo"), sources(tmp_path))
    again = resolve(pin(), sources(tmp_path))
    assert (first["source"], other["source"], again["source"]) == ("upstream", "upstream", "cache")
    assert again["path"] == first["path"] != other["path"]


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


OURS = {"ref": "https://charts.invalid/demo", "version": "1.0.0", "sha256": "a" * 64}
TESTED = {"name": "demo", "version": "1.0.0"}


@pytest.mark.parametrize(
    ("given", "mirror", "made"),
    [
        ({}, "", OURS),
        ({"version": None, "ref": ""}, "", OURS),
        ({"version": "1.1.0"}, "", OURS | {"version": "1.1.0", "sha256": None, "tested": TESTED}),
        ({"sha256": "b" * 64}, "", OURS | {"sha256": "b" * 64, "tested": TESTED}),
        (
            {"ref": "oci://own.invalid:5000/x/demo"},
            "",
            {"ref": "oci://own.invalid:5000/x/demo", "version": "1.0.0", "sha256": None, "tested": TESTED},
        ),
        ({"ref": "/srv/demo"}, "", {"ref": "/srv/demo", "version": "", "sha256": None, "tested": TESTED}),
        (
            {"ref": "https://own.invalid/demo-2.0.0.tgz", "sha256": "c" * 64},
            "",
            {"ref": "https://own.invalid/demo-2.0.0.tgz", "version": "", "sha256": "c" * 64, "tested": TESTED},
        ),
        # A mirror holds upstream's own bytes.
        (
            {},
            "oci://mirror.invalid:5000/charts/",
            OURS | {"ref": "oci://mirror.invalid:5000/charts/demo", "tested": TESTED},
        ),
        ({}, "https://mirror.invalid", OURS | {"ref": "https://mirror.invalid/demo", "tested": TESTED}),
        ({}, "/srv/charts", OURS | {"ref": "/srv/charts/demo-1.0.0.tgz", "tested": TESTED}),
        (
            {"version": "1.1.0"},
            "/srv/charts",
            {"ref": "/srv/charts/demo-1.1.0.tgz", "version": "1.1.0", "sha256": None, "tested": TESTED},
        ),
        (
            {"ref": "oci://own.invalid/demo"},
            "/srv/charts",
            {"ref": "oci://own.invalid/demo", "version": "1.0.0", "sha256": None, "tested": TESTED},
        ),
    ],
)
def test_settings_lie_over_our_pin(given, mirror, made):
    assert pins.merged(OURS, given, mirror) == made


def test_our_own_folder_is_in_no_mirror():
    ours = OURS | {"ref": "/collection/app/chart"}
    assert pins.merged(ours, {}, "oci://mirror.invalid/charts") == ours


@pytest.mark.parametrize("folder", [False, True])
def test_a_path_is_taken_as_it_is_and_checked(tmp_path, make_chart, folder):
    archive = make_chart(version="1.2.0")
    if folder:
        with tarfile.open(archive) as file:
            file.extractall(tmp_path / "unpacked", filter="data")
    path = tmp_path / "unpacked" / "demo" if folder else archive
    given = pins.merged(OURS, {"ref": str(path)})
    found = resolve(given, sources(tmp_path))
    assert (found["path"], found["version"]) == (str(path), "1.2.0")
    assert untested({"demo": given}, {"demo": found}) == {"demo": "chart demo 1.2.0, not the tested demo 1.0.0"}
    _, problems = resolve_all({"demo": pins.merged(OURS, {"ref": str(path), "version": "1.3.0"})}, sources(tmp_path))
    assert "holds the chart demo 1.2.0, wanted is demo 1.3.0" in problems[0]
    _, problems = resolve_all({"demo": pins.merged(OURS, {"ref": str(path), "sha256": "0" * 64})}, sources(tmp_path))
    assert found["sha256"] in problems[0]


def test_a_path_that_is_not_there(tmp_path):
    _, problems = resolve_all({"demo": pins.merged(OURS, {}, str(tmp_path / "mirror"))}, sources(tmp_path))
    assert problems == [
        f"The chart {tmp_path}/mirror/demo-1.0.0.tgz does not exist: correct its setting, or put it there."
    ]


@pytest.mark.parametrize(
    ("tested", "differs"),
    [
        (None, False),
        (TESTED, False),
        ({"name": "", "version": "v1.0.0"}, False),
        ({"name": "", "version": "0.9.0"}, True),
        ({"name": "other", "version": "1.0.0"}, True),
    ],
)
def test_only_another_chart_is_untested(tmp_path, make_chart, tested, differs):
    make_chart()
    given = pin() | ({"tested": tested} if tested else {})
    assert bool(untested({"demo": given}, {"demo": resolve(given, sources(tmp_path))})) is differs
