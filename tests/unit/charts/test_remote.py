"""Helm itself is asked for charts: with the user's proxy, certificates and logins, and with none of their passwords."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.helm import chart_sources, remote
from ansible_collections.landfall.eks.plugins.module_utils.helm.remote import RemoteError
from tests.unit.charts import ways
from tests.unit.ci import registry
from tests.unit.contracts.lock_stubs import archive, sha256

HELM = shutil.which("helm") or ""
CONTENT = archive("demo", "1.0.0")
SECONDS = 60

pytestmark = pytest.mark.skipif(not HELM, reason="not run: there is no helm (make tools)")
with_registry = pytest.mark.skipif(bool(registry.MISSING), reason=f"not run: {registry.NOT_RUN}")


@pytest.fixture
def helm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a Helm that writes its arguments down, with a home of its own and no proxy."""
    for name in [each for each in os.environ if each.startswith("HELM_") or each.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for each in ("CACHE", "CONFIG", "DATA"):
        monkeypatch.setenv(f"HELM_{each}_HOME", str(tmp_path / each.lower()))
    program = tmp_path / "helm"
    program.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/arguments\nexec {HELM} "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return ways.certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def registry_with_tls(tmp_path_factory: pytest.TempPathFactory, tls: dict[str, str]) -> Iterator[str]:
    """Yield the address of a registry with TLS and a login that has charts/demo 1.0.0."""
    folder = tmp_path_factory.mktemp("registry")
    (folder / "demo-1.0.0.tgz").write_bytes(CONTENT)
    files = {key: tls[key] for key in ("certificate", "key")}
    with registry.serving(folder / "data", tls=files) as address:
        environment = {**os.environ, "HELM_CONFIG_HOME": str(folder), "SSL_CERT_FILE": tls["ca"]}
        log_in(HELM, address, environment)
        push = [HELM, "push", str(folder / "demo-1.0.0.tgz"), f"oci://{address}/charts"]
        subprocess.run(push, env=environment, check=True, capture_output=True)
        yield address


def log_in(helm: str, address: str, environment: dict[str, str] | None = None) -> None:
    words = [helm, "registry", "login", address, "--username", registry.USER, "--password-stdin"]
    subprocess.run(words, env=environment, input=registry.TOKEN, text=True, check=True, capture_output=True)


def pulled(helm: str, ref: str, folder: Path, seconds: float = SECONDS) -> Path:
    folder.mkdir()
    return remote.pull(helm, ref, "1.0.0", folder, seconds)


def said(helm: str, ref: str, folder: Path, seconds: float = SECONDS) -> RemoteError:
    with pytest.raises(RemoteError) as error:
        pulled(helm, ref, folder, seconds)
    assert "\n" not in str(error.value)
    return error.value


@with_registry
def test_a_registry_with_a_login_on_a_port_of_its_own(
    helm: str, registry_with_tls: str, tls: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = f"oci://{registry_with_tls}/charts/demo"
    # Controls: without the certificate authority, and without a login.
    error = said(helm, ref, tmp_path / "untrusted")
    assert "x509" in str(error)
    assert not error.unreachable
    monkeypatch.setenv("SSL_CERT_FILE", tls["ca"])
    error = said(helm, ref, tmp_path / "nobody")
    assert "401" in str(error) or "credential" in str(error)
    assert not error.unreachable
    monkeypatch.setenv("HELM_REGISTRY_CONFIG", str(tmp_path / "logins.json"))
    log_in(helm, registry_with_tls)
    assert sha256(pulled(helm, ref, tmp_path / "pulled").read_bytes()) == sha256(CONTENT)
    assert remote.newest(helm, ref, SECONDS)["version"] == "1.0.0"
    assert registry.TOKEN not in (tmp_path / "arguments").read_text()


@with_registry
def test_a_registry_behind_a_proxy_with_a_login(
    helm: str, registry_with_tls: str, tls: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = "oci://registry.test:5000/charts/demo"
    monkeypatch.setenv("SSL_CERT_FILE", tls["ca"])
    # A control: without the proxy nobody knows that name.
    assert said(helm, ref, tmp_path / "direct").unreachable
    with ways.proxy(registry_with_tls) as tunnels:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{ways.USER}:wrong-and-secret@{tunnels.address}")
        error = said(helm, ref, tmp_path / "refused")
        assert error.unreachable
        assert "secret" not in str(error)
        assert tunnels.refused
        monkeypatch.setenv("HTTPS_PROXY", f"http://{ways.USER}:{ways.PASSWORD}@{tunnels.address}")
        log_in(helm, "registry.test:5000")
        assert sha256(pulled(helm, ref, tmp_path / "pulled").read_bytes()) == sha256(CONTENT)
        assert set(tunnels.targets) == {"registry.test:5000"}
    assert ways.PASSWORD not in (tmp_path / "arguments").read_text()
    assert "secret" not in (tmp_path / "arguments").read_text()


@with_registry
def test_a_registry_without_tls_on_loopback(helm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "demo-1.0.0.tgz").write_bytes(CONTENT)
    with registry.serving(tmp_path / "registry") as address:
        words = [helm, "registry", "login", address, "--plain-http", "--username", registry.USER, "--password-stdin"]
        subprocess.run(words, input=registry.TOKEN, text=True, check=True, capture_output=True)
        push = [helm, "push", str(tmp_path / "demo-1.0.0.tgz"), f"oci://{address}/charts", "--plain-http"]
        subprocess.run(push, check=True, capture_output=True)
        assert pulled(helm, f"oci://{address}/charts/demo", tmp_path / "pulled").read_bytes() == CONTENT


def test_a_repository_with_a_login(
    helm: str, tls: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", tls["ca"])
    with ways.repository(tls) as url:
        error = said(helm, f"{url}/demo", tmp_path / "nobody")
        assert "401" in str(error)
        assert not error.unreachable
        monkeypatch.setenv("HELM_REPOSITORY_CONFIG", str(tmp_path / "repositories.yaml"))
        words = [helm, "repo", "add", "own", f"{url}/", "--username", ways.USER, "--password-stdin"]
        subprocess.run(words, input=ways.PASSWORD, text=True, check=True, capture_output=True)
        assert pulled(helm, f"{url}/demo", tmp_path / "pulled").read_bytes() == CONTENT
        assert remote.newest(helm, f"{url}/demo", SECONDS)["version"] == "1.0.0"
        assert "not found" in str(said(helm, f"{url}/other", tmp_path / "other"))
        # From source and seen: of an archive's URL Helm finds the repository only where its index has that whole URL.
        assert "401" in str(said(helm, f"{url}/demo-1.0.0.tgz", tmp_path / "archive"))
    assert ways.PASSWORD not in (tmp_path / "arguments").read_text()


def test_without_an_answer_helm_is_ended_in_time_for_all_charts_at_once(helm: str, tmp_path: Path) -> None:
    with ways.silence() as address:
        start = time.monotonic()
        assert said(helm, f"oci://{address}/charts/demo", tmp_path / "one", seconds=1).unreachable
        assert time.monotonic() - start < 5


def test_a_machine_without_network_has_its_stand_ins_soon(
    helm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chart_sources, "STAND_IN_SECONDS", 2)
    pins, known = {}, {"version": "1.0.0", "annotations": {"landfall/stand-in": "true"}}
    with ways.silence() as address:
        for number in range(12):
            (tmp_path / f"stand-ins/demo{number}").mkdir(parents=True)
            (tmp_path / f"stand-ins/demo{number}/Chart.yaml").write_text(
                yaml.safe_dump({"name": f"demo{number}", **known})
            )
            pins[f"demo{number}"] = {"ref": f"oci://{address}/demo{number}", "version": "1.0.0", "sha256": None}
        sources = chart_sources.Sources(tmp_path / "downloads", helm, stand_ins=tmp_path / "stand-ins")
        start = time.monotonic()
        charts, problems = chart_sources.resolve_all(pins, sources)
        assert time.monotonic() - start < 8, "they are asked for side by side"
    assert problems == []
    assert {each["source"] for each in charts.values()} == {"stand-in"}


def test_what_helm_says_is_told_without_a_password(helm: str, tmp_path: Path) -> None:
    error = said(helm, f"https://{ways.USER}:{ways.PASSWORD}@127.0.0.1:1/charts/demo", tmp_path / "pulled")
    assert "//127.0.0.1:1/charts" in str(error)
    assert ways.PASSWORD not in str(error)


@pytest.mark.parametrize(
    ("words", "unreachable"),
    [
        ('Get "https://a.test/v2/": dial tcp: lookup a.test on 10.0.0.2:53: no such host', True),
        ('Get "https://a.test/v2/": dial tcp: lookup a.test: Temporary failure in name resolution', True),
        ('Get "https://a.test/v2/": proxyconnect tcp: dial tcp 10.0.0.9:3128: connect: connection refused', True),
        ('Get "https://a.test/v2/": Forbidden', True),
        ('Get "https://a.test/v2/": net/http: TLS handshake timeout', True),
        ('Get "https://a.test/v2/": EOF', True),
        ('Get "https://a.test/v2/": response status code 403: denied: Forbidden to you', False),
        ("failed to fetch https://a.test/index.yaml : 404 Not Found", False),
        ('Get "https://a.test/v2/": tls: failed to verify certificate: x509: unknown authority', False),
        ("chart \"demo\" version \"9.9.9\" not found in https://a.test repository", False),
    ],
)  # fmt: skip
def test_who_answered_at_all(words: str, unreachable: bool) -> None:
    assert RemoteError(words).unreachable is unreachable
