"""A cluster in memory that answers as the API would, and charts made on the spot."""

import base64
import gzip
import io
import json
import tarfile

import pytest
import yaml

from tests.fake_cluster import FakeCluster


@pytest.fixture
def cluster():
    return FakeCluster()


@pytest.fixture
def helm_secret():
    def make(name="logs", namespace="logging", revision=1, status="deployed", manifest=(), labels=None, hooks=()):
        record = {
            "info": {"status": status, "description": "as Helm left it"},
            "manifest": yaml.safe_dump_all(manifest),
            "hooks": list(hooks),
            "chart": {"metadata": {"name": name, "version": "1.2.3"}},
        }
        packed = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(record).encode()))).decode()
        return {
            "kind": "Secret",
            "type": "helm.sh/release.v1",
            "metadata": {
                "name": f"sh.helm.release.v1.{name}.v{revision}",
                "namespace": namespace,
                "labels": {"owner": "helm", "name": name, "status": status, "version": str(revision), **(labels or {})},
            },
            "data": {"release": packed},
        }

    return make


@pytest.fixture
def make_chart(tmp_path):
    def make(name="demo", version="1.0.0", files=None, annotations=None, folder="cache"):
        chart = {"apiVersion": "v2", "name": name, "version": version, "annotations": annotations or {}}
        path = tmp_path / folder / f"{name}-{version}.tgz"
        path.parent.mkdir(exist_ok=True)
        with tarfile.open(path, "w:gz") as archive:
            for file, content in {"Chart.yaml": yaml.safe_dump(chart), **(files or {})}.items():
                member = tarfile.TarInfo(f"{name}/{file}")
                member.size = len(content.encode())
                archive.addfile(member, io.BytesIO(content.encode()))
        return path

    return make
