"""The real Helm asks a real repository, on loopback, for the newest chart."""

import shutil
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.status import upstream
from tests.unit.rollout.conftest import make_chart  # noqa: F401

HELM = shutil.which("helm") or shutil.which("helm", path=Path(__file__).parents[3] / ".landfall/bin")
pytestmark = pytest.mark.skipif(not HELM, reason="not run: helm is not there (make tools)")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def repository(make_chart, tmp_path):  # noqa: F811
    folder = tmp_path / "served"
    entries = []
    for version in ("1.9.0", "1.10.0", "2.0.0-rc.1"):
        path = make_chart("demo", version, folder="served")
        entries.append({"apiVersion": "v2", "name": "demo", "version": version, "urls": [path.name]})
    index = {"apiVersion": "v1", "entries": {"demo": entries}}
    (folder / "index.yaml").write_text(yaml.safe_dump(index))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def ask(monkeypatch, tmp_path):
    for name in ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return upstream.helm_asker(str(HELM))


def test_the_newest_is_the_highest_that_is_released(repository, ask):
    found = upstream.newest({"demo": f"{repository}/demo"}, ask)
    assert found == {"demo": {"version": "1.10.0", "why": ""}}


def test_a_chart_that_the_repository_has_not_is_said_in_helms_words(repository, ask):
    found = upstream.newest({"gone": f"{repository}/gone"}, ask)
    assert found["gone"]["version"] == ""
    assert "gone" in found["gone"]["why"]
