from __future__ import annotations

import io
import json
import shutil
import tarfile
from pathlib import Path

import app_image
import pytest
from appimage import base
from appimage.builders import Built
from appimage.commands import ImageError

CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for each in (*app_image.SOURCES, "app/chart/Chart.yaml", "app/chart/values.yaml"):
        source, target = CHECKOUT / each, tmp_path / each
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    return tmp_path


def test_the_image_is_named_as_the_chart_asks_for_it(copied: Path) -> None:
    image = app_image.image_of(copied)
    assert image.name == f"docker.io/landfall/flask-app:{image.version}"


@pytest.mark.parametrize("name", ["Dockerfile", "app/requirements.txt", "app/landfall_app/factory.py"])
def test_every_source_changes_the_image(copied: Path, name: str) -> None:
    before = app_image.digest(copied, "image")
    assert app_image.digest(copied, "image") == before
    with (copied / name).open("a") as file:
        file.write("# changed\n")
    assert app_image.digest(copied, "image") != before


def test_what_is_compiled_by_the_way_does_not(copied: Path) -> None:
    before = app_image.digest(copied, "image")
    (copied / "app/landfall_app/__pycache__").mkdir(exist_ok=True)
    (copied / "app/landfall_app/__pycache__/new.pyc").write_bytes(b"compiled")
    assert app_image.digest(copied, "image") == before


def test_an_unknown_builder_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDFALL_BUILDER", "kaniko")
    with pytest.raises(ImageError, match="LANDFALL_BUILDER is 'kaniko': write buildah or docker"):
        app_image.builder()


def test_missing_programs_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDFALL_BUILDER", "buildah")
    monkeypatch.setattr(app_image.os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ImageError, match=r"needs buildah \(package buildah\), mmdebstrap .*make system-packages"):
        app_image.builder()


def test_the_mirror_is_the_machines_own() -> None:
    targets = "Other Other http://other.example/\nDebian Debian http://mirror.example/debian/\n"
    assert base.mirror_of(targets) == "http://mirror.example/debian/"
    with pytest.raises(ImageError, match="apt knows no Debian archive here"):
        base.mirror_of("Ubuntu Ubuntu http://mirror.example/ubuntu/\n")


def test_sizes_are_those_of_the_layers(tmp_path: Path) -> None:
    archive = tmp_path / "image.tar"
    manifest = json.dumps([{"Config": "abc.json", "Layers": ["base.tar", "ours.tar"]}]).encode()
    with tarfile.open(archive, "w") as out:
        for name, content in {"base.tar": b"12345", "ours.tar": b"123", "manifest.json": manifest}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            out.addfile(member, io.BytesIO(content))
    described = app_image.describe(archive, Built("rehearsal", 1))
    assert described == {"id": "abc", "base": "rehearsal", "base_bytes": 5, "bytes": 8}
