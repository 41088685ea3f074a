"""Contracts are made from values, comments, schemas and templates, the same each time."""

import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import chart_contracts
import pytest
import yaml
from contracts import schema, templates, values_file
from contracts.tree import short

from tests.unit.components.rendering import CHECKOUT

VALUES = """
# Prose about the chart: with a colon.
image:
  repository: example.org/app
  tag: ""
  # pullPolicy: Always
  # note: this is not a key but a sentence
replicas: 2
ratio: 0.5
port: 80
labels: {team: a}
podLabels: {}
args: []
nothing:
# extraVolumes:
#   - name: a
# strategy:
#   type: Recreate
script: |
  # looksLike: a key
  echo
items:
  - name: a
    # inside: 1
"""


def of_templates(*texts: str) -> Any:
    return short(templates.from_texts(iter(texts)))


def test_types_come_from_defaults_and_comments_and_no_word_of_prose() -> None:
    assert short(values_file.from_text(VALUES)) == {
        "image": {"repository": "string", "tag": "scalar", "pullPolicy": "string"},
        "replicas": "integer",
        "ratio": "number",
        "port": "scalar",
        "labels": "object",
        "podLabels": "object",
        "args": "array",
        "nothing": "any",
        "extraVolumes": "array",
        "strategy": "object",
        "script": "string",
        "items": "array",
    }


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ .Values.a.b }}{{ $.Values.c | quote }}", {"a": {"b": "any"}, "c": "any"}),
        ("{{- with .Values.a }}{{ .b }}{{ end }}", {"a": {"b": "any"}}),
        ("{{- with .Values.a }}{{ if .b }}{{ .c.d }}{{ end }}{{ end }}", {"a": {"b": "any", "c": {"d": "any"}}}),
        ("{{- $x := .Values.a }}{{ $x.b }}", {"a": {"b": "any"}}),
        ('{{ index .Values "a-b" "c" }}', {"a-b": {"c": "any"}}),
        ('{{- $x := index .Values "a-b" }}{{ $x.c }}', {"a-b": {"c": "any"}}),
        ('{{ hasKey .Values.a "b" }}', {"a": {"b": "any"}}),
        ("{{- range .Values.a }}{{ .b }}{{ end }}", {"a": "any"}),
        ("{{- with .Values.a }}{{ toYaml . | nindent 2 }}{{ end }}{{ .Values.a.b }}", {"a": "any"}),
        ("{{ .Values.a.b }}{{ toYaml .Values.a | sha256sum }}", {"a": {"b": "any"}}),
        ("{{/* .Values.not.this */}}{{ .Release.Name }}", "any"),
        (
            "{{ .Values.a.b.c }}{{ range $k, $v := .Values.a }}{{ toYaml $v }}{{ end }}",
            {"a": {"b": "any", "*": "any"}},
        ),
    ],
)
def test_paths_that_templates_read(template: str, expected: Any) -> None:
    assert of_templates(template) == expected


def test_schema_properties_with_local_references_and_without_remote_ones() -> None:
    node = schema.from_schema(
        {
            "definitions": {"port": {"type": "integer"}},
            "properties": {
                "port": {"$ref": "#/definitions/port"},
                "affinity": {"$ref": "https://example.org/schema.json#/affinity"},
                "kind": {"type": ["string", "null"]},
                "spec": {"type": "object", "properties": {"a": {"type": "boolean"}}},
            },
        }
    )
    assert short(node) == {"port": "integer", "affinity": "any", "kind": "any", "spec": {"a": "boolean"}}


def packed(folder: Path, files: dict[str, str]) -> Path:
    """Pack a chart called demo; returns the archive's path."""
    path = folder / "demo-1.2.3.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"demo/{name}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return path


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    dependencies = [
        {"name": "web", "version": "0.1.0", "alias": "front", "condition": "front.enabled"},
        {"name": "web", "version": "0.1.0", "alias": "back"},
    ]
    about = {"apiVersion": "v2", "name": "demo", "version": "1.2.3", "dependencies": dependencies}
    return packed(
        tmp_path,
        {
            "Chart.yaml": yaml.safe_dump(about),
            "values.yaml": "front: {}\nlevel: 1\n",
            "values.schema.json": json.dumps({"properties": {"mode": {"type": "string"}}}),
            "templates/all.yaml": "{{ .Values.hidden }}",
            "charts/web/Chart.yaml": "name: web\nversion: 0.1.0\n",
            "charts/web/values.yaml": "port: 80\nglobal: {zone: a}\n",
        },
    )


def test_subcharts_stand_under_their_aliases_and_share_global(demo: Path) -> None:
    made = chart_contracts.made_from(demo)
    assert made.file == "demo-1.2.3.yml"
    assert yaml.safe_load(made.text) == {
        "chart": "demo",
        "version": "1.2.3",
        "values": {
            "back": {"port": "scalar"},
            "front": {"enabled": "boolean", "port": "scalar"},
            "global": {"zone": "string"},
            "hidden": "any",
            "level": "integer",
            "mode": "string",
        },
    }


def test_the_command_writes_once_and_notices_a_difference(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    arguments = [str(demo), "--out", str(out)]
    assert [chart_contracts.main([*arguments, *more]) for more in ([], [], ["--check"])] == [0, 0, 0]
    assert [line.partition(": ")[2] for line in capsys.readouterr().out.splitlines()] == ["written"] + ["unchanged"] * 2
    kept = out / "demo-1.2.3.yml"
    kept.write_text(kept.read_text().replace("integer", "string"))
    assert chart_contracts.main([*arguments, "--check"]) == 1


def test_the_contract_of_another_version_makes_room(demo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name in ("demo-1.2.2.yml", "demo-set-1.0.0.yml"):
        (out / name).write_text("")
    assert chart_contracts.main([str(demo), "--out", str(out)]) == 0
    assert {each.name for each in out.iterdir()} == {"demo-1.2.3.yml", "demo-set-1.0.0.yml"}


def test_a_folder_gives_the_pinned_charts_and_names_what_it_lacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert chart_contracts.main([str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(list((CHECKOUT / "tests/contracts").glob("*.yml")))
    assert all(line.startswith(f"There is no chart {tmp_path}") for line in lines)


def test_a_values_file_alone_will_do(tmp_path: Path) -> None:
    folder = tmp_path / "demo-1.2.3"
    folder.mkdir()
    (folder / "values.yaml").write_text("level: 1\n")
    made = chart_contracts.made_from(folder / "values.yaml")
    assert (made.file, yaml.safe_load(made.text)["values"]) == ("demo-1.2.3.yml", {"level": "integer"})


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"no archive", "not a whole chart archive"), (None, "There is no chart "), ("", "no Chart.yaml")],
)
def test_what_is_no_chart_is_said(content: Any, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "demo-1.2.3.tgz"
    if content == "":
        packed(tmp_path, {"values.yaml": ""})
    elif content:
        path.write_bytes(content)
    assert chart_contracts.main([str(path), "--out", str(tmp_path / "out")]) == 1
    assert words in capsys.readouterr().out


CACHE = os.environ.get("LANDFALL_CHART_CACHE", "")


@pytest.mark.skipif(not CACHE, reason="not run: LANDFALL_CHART_CACHE names no folder with the pinned charts")
@pytest.mark.parametrize("kept", sorted((CHECKOUT / "tests/contracts").glob("*.yml")), ids=lambda each: each.stem)
def test_kept_contracts_are_those_of_the_cached_charts(kept: Path) -> None:
    archive = Path(CACHE) / f"{kept.stem}.tgz"
    if not archive.exists():
        pytest.skip(f"not run: {archive.name} is not in LANDFALL_CHART_CACHE")
    made = chart_contracts.made_from(archive)
    assert (made.file, made.text) == (kept.name, kept.read_text())
