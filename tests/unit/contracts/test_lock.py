"""`make lock` writes what upstream serves, that leaf alone, and says what it could not ask."""

from collections.abc import Callable, Iterator
from pathlib import Path

import lock
import pytest
from locking import actions, charts, images

from tests.unit.contracts import lock_stubs
from tests.unit.contracts.lock_stubs import Upstream, archive, commit, sha256
from tests.unit.contracts.upstream import HELM, NO_HELM

pytestmark = pytest.mark.skipif(not HELM, reason=NO_HELM)
UNREACHABLE = "127.0.0.1:9"
VARS = """---
# A comment with an ü, before the pin.
__demo_releases:
  - name: demo
    values: "{{{{ demo_values }}}}"   # stays as it is
    chart: {{ref: "{ref}", version: 1.2.3, sha256: {sha256}}}   # after the pin
    timeout: 600
  - name: own
    chart:
      ref: "{{{{ role_path }}}}/chart"
      version: 0.1.0
      sha256: null
"""


@pytest.fixture
def upstream(monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    monkeypatch.setenv("PATH", str(Path(str(HELM)).parent), prepend=":")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with lock_stubs.serving() as served:
        yield served


class Checkout:
    """A checkout with one pin of each sort."""

    def __init__(self, folder: Path) -> None:
        self.root, self.hub = folder / "checkout", folder / "hub"
        self.vars = self.root / "roles/demo/vars/main.yml"
        self.dockerfile = self.root / "Dockerfile"
        self.workflow = self.root / ".github/workflows/pipeline.yaml"
        self.hub.mkdir()

    def write(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def pin(self, ref: str, digest: str = "null") -> None:
        self.write(self.vars, VARS.format(ref=ref, sha256=digest))

    def lock(self, *arguments: str) -> int:
        return lock.main(["--root", str(self.root), "--hub", str(self.hub), *arguments])


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[str]]:
    def lines() -> list[str]:
        return capsys.readouterr().out.splitlines()

    return lines


def http_ref(upstream: Upstream) -> str:
    upstream.chart("demo", "1.2.3", archive("demo", "1.2.3"))
    return f"{upstream.url}/charts/demo"


def oci_ref(upstream: Upstream) -> str:
    upstream.oci_chart("charts/demo", "1.2.3", archive("demo", "1.2.3"))
    return f"oci://{upstream.address}/charts/demo"


@pytest.mark.parametrize("serve", [http_ref, oci_ref])
def test_the_digest_of_upstreams_bytes_is_written_and_nothing_else(
    serve: Callable[[Upstream], str], upstream: Upstream, checkout: Checkout, said: Callable[[], list[str]]
) -> None:
    ref = serve(upstream)
    digest = sha256(next(each for path, each in upstream.files.items() if each[:2] == b"\x1f\x8b"))
    checkout.pin(ref)
    assert checkout.lock("--check") == 0
    assert f"chart demo 1.2.3: upstream serves {digest}; not pinned yet" in said()
    assert checkout.vars.read_text(encoding="utf-8") == VARS.format(ref=ref, sha256="null")
    assert checkout.lock() == 0
    assert f"chart demo 1.2.3: upstream serves {digest}; now pinned to that" in said()
    assert checkout.vars.read_text(encoding="utf-8") == VARS.format(ref=ref, sha256=digest)
    assert checkout.lock("--check") == 0
    assert f"chart demo 1.2.3: pinned to {digest}, as upstream serves it" in said()


def test_no_chart_cache_stands_in_for_upstream(
    upstream: Upstream, checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "demo-1.2.3.tgz").write_bytes(archive("demo", "1.2.3", "from elsewhere"))
    monkeypatch.setenv("LANDFALL_CHART_CACHE", str(cache))
    monkeypatch.setenv("HELM_CACHE_HOME", str(cache))
    checkout.pin(http_ref(upstream))
    assert checkout.lock() == 0
    assert sha256(upstream.files["/charts/demo-1.2.3.tgz"]) in checkout.vars.read_text(encoding="utf-8")
    assert upstream.asked.count("/charts/demo-1.2.3.tgz") == 1
    assert [each.name for each in cache.iterdir()] == ["demo-1.2.3.tgz"]


@pytest.mark.parametrize("pinned", [False, True])
@pytest.mark.parametrize("serve", [http_ref, oci_ref])
def test_bytes_that_are_not_what_upstream_publishes_are_an_error(
    serve: Callable[[Upstream], str],
    pinned: bool,
    upstream: Upstream,
    checkout: Checkout,
    said: Callable[[], list[str]],
) -> None:
    ref = serve(upstream)
    path, content = next((path, each) for path, each in upstream.files.items() if each[:2] == b"\x1f\x8b")
    # Of the same length, and still a whole archive: this byte of its head names the system that packed it.
    upstream.files[path] = content[:9] + b"\x07" + content[10:]
    checkout.pin(ref, sha256(content) if pinned else "null")
    before = checkout.vars.read_bytes()
    assert checkout.lock() == 1
    assert said()[0].startswith(
        f"ERROR: chart demo 1.2.3: upstream publishes the SHA-256 {sha256(content)} and serves "
    )
    assert checkout.vars.read_bytes() == before


@pytest.mark.parametrize("serve", [http_ref, oci_ref])
def test_a_pin_that_upstream_contradicts_is_an_error_with_both_digests(
    serve: Callable[[Upstream], str], upstream: Upstream, checkout: Checkout, said: Callable[[], list[str]]
) -> None:
    pinned = sha256(b"what was served before")
    checkout.pin(serve(upstream), pinned)
    served = sha256(next(each for each in upstream.files.values() if each[:2] == b"\x1f\x8b"))
    before = checkout.vars.read_bytes()
    assert [checkout.lock("--check"), checkout.lock()] == [1, 1]
    assert all(pinned in line and served in line for line in said() if line.startswith("ERROR"))
    assert checkout.vars.read_bytes() == before


@pytest.mark.parametrize("serve", [http_ref, oci_ref])
def test_a_pinned_version_that_is_gone_is_an_error(
    serve: Callable[[Upstream], str], upstream: Upstream, checkout: Checkout, said: Callable[[], list[str]]
) -> None:
    pinned = sha256(b"what was served before")
    checkout.pin(serve(upstream), pinned)
    upstream.files = {"/charts/index.yaml": b"entries: {}"}
    assert checkout.lock("--check") == 1
    assert said()[0].startswith(f"ERROR: chart demo 1.2.3: is pinned to {pinned}, which upstream no longer serves (")


@pytest.mark.parametrize("scheme", ["http", "oci"])
@pytest.mark.parametrize("pinned", ["null", "a" * 64])
def test_an_upstream_out_of_reach_is_one_line_and_changes_nothing(
    scheme: str, pinned: str, upstream: Upstream, checkout: Checkout, said: Callable[[], list[str]]
) -> None:
    checkout.pin(f"{scheme}://{UNREACHABLE}/charts/demo", pinned)
    before = checkout.vars.read_bytes()
    assert [checkout.lock("--check"), checkout.lock()] == [0, 0]
    lines = [line for line in said() if line.startswith("chart")]
    state = "not pinned" if pinned == "null" else f"pinned to {pinned}, unverified"
    assert len(lines) == 2
    assert all(line.startswith(f"chart demo 1.2.3: {state} ({UNREACHABLE} does not answer") for line in lines)
    assert checkout.vars.read_bytes() == before


def image(upstream: Upstream, note: str) -> str:
    return upstream.manifest("library/python", "3.13", {"manifests": [], "annotations": {"note": note}})


def test_the_images_base_is_pinned_kept_and_missed(
    upstream: Upstream, checkout: Checkout, said: Callable[[], list[str]]
) -> None:
    name = f"{upstream.address}/library/python:3.13"
    text = "# before\nARG BASE={}\nFROM ${{BASE}}\n"
    checkout.write(checkout.dockerfile, text.format(name))
    first = image(upstream, "first")
    assert checkout.lock() == 0
    assert checkout.dockerfile.read_text() == text.format(f"{name}@{first}")
    assert checkout.lock() == 0
    assert said()[-2:] == [f"image {name}: pinned to {first}, as its registry serves it", "lock: 0 pins written"]
    second = image(upstream, "second")
    assert checkout.lock() == 0
    assert f"the tag has moved to {second}" in said()[0]
    del upstream.files[f"/v2/library/python/manifests/{first}"]
    assert checkout.lock() == 1
    assert said()[0].startswith(f"ERROR: image {name}: is pinned to {first}, which its registry no longer serves")
    assert checkout.dockerfile.read_text() == text.format(f"{name}@{first}")


def test_actions_are_pinned_at_each_place_with_their_tag_beside(
    upstream: Upstream, checkout: Checkout, said: Callable[[], list[str]]
) -> None:
    text = "steps:\n  - uses: actions/checkout@{0}\n  - name: again\n    uses: actions/checkout@{0}\n"
    checkout.write(checkout.workflow, text.format("v6"))
    first = commit(checkout.hub, "actions/checkout", "v6")
    assert checkout.lock() == 0
    assert checkout.workflow.read_text() == text.format(f"{first} # v6")
    second = commit(checkout.hub, "actions/checkout", "v6")
    assert first != second
    said()
    assert checkout.lock("--check") == 0
    assert f"pinned to {first}; the tag has moved to {second}" in said()[0]
    stranger = "1" * 40
    checkout.write(checkout.workflow, text.format(f"{stranger} # v6"))
    assert checkout.lock() == 1
    line = said()[0]
    assert line.startswith(f"ERROR: action actions/checkout@v6: is pinned to {stranger}, which its repository")
    assert second in line
    assert checkout.workflow.read_text() == text.format(f"{stranger} # v6")


def test_an_action_whose_repository_does_not_answer_is_not_pinned(
    upstream: Upstream, checkout: Checkout, said: Callable[[], list[str]]
) -> None:
    checkout.write(checkout.workflow, "steps:\n  - uses: actions/nowhere@v1\n")
    assert checkout.lock() == 0
    assert said()[0].startswith("action actions/nowhere@v1: not pinned (")
    assert checkout.workflow.read_text() == "steps:\n  - uses: actions/nowhere@v1\n"


def test_the_pins_of_this_repository_are_all_found() -> None:
    found = {pin.name for pin in charts.pins(lock.ROOT)}
    assert found >= {
        "argo-cd", "aws-load-balancer-controller", "eck-operator", "eck-stack", "fluent-bit", "kube-prometheus-stack",
        "metrics-server", "nginx-ingress",
    }  # fmt: skip
    assert {each.repository for each in actions.pins(lock.ROOT)} >= {"actions/checkout"}
    assert images.BASE.search((lock.ROOT / "Dockerfile").read_text())
