"""Helm, kubernetes.core and our own calls reach the same cluster, whatever the kubeconfig or the environment say."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from urllib3.exceptions import HTTPError

from ansible_collections.landfall.eks.plugins.module_utils.helm import command, task_access
from ansible_collections.landfall.eks.plugins.module_utils.kube import access
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster, client_from
from tests.unit.access.wire import NAME, Seen, api_server

HELM = shutil.which("helm", path=f"{Path(__file__).parents[3]}/.landfall/bin:{os.environ['PATH']}")
needs_helm = pytest.mark.skipif(not HELM, reason="not run: helm is not on PATH (make tools)")
GET_CRED = """#!/bin/sh
echo '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "fr0m-exec"}}'
"""
PASSWORD = "p@ss/w:rd"
OF_HELM = {
    "HELM_KUBECONTEXT": "other",
    "HELM_KUBEAPISERVER": "https://127.0.0.1:9",
    "HELM_KUBETOKEN": "theirs",
    "HELM_KUBEASUSER": "theirs",
    "HELM_KUBEASGROUPS": "theirs",
    "HELM_KUBECAFILE": "/nowhere/ca.crt",
    "HELM_KUBETLS_SERVER_NAME": "theirs",
    "HELM_KUBEINSECURE_SKIP_TLS_VERIFY": "true",
    "HELM_NAMESPACE": "theirs",
    "HELM_DRIVER": "configmap",
    "HELM_DRIVER_SQL_CONNECTION_STRING": "postgres://theirs",
    "HELM_MAX_HISTORY": "1",
    "HELM_DEBUG": "true",
}
"""What the shell says to the user's own Helm."""
CLIENT_PYTHON = Path(__file__).parents[3] / "roles/platform/files/client_python"
CORE = """
import json, sys
from ansible_collections.kubernetes.core.plugins.module_utils.k8s.client import get_api_client
client = get_api_client(**{name: value for name, value in json.load(sys.stdin).items() if value})
client.client.request("GET", "/api")
"""
"""What kubernetes.core.k8s does with the options of a task."""
HELM_OF_CORE = """
import json, os, sys
from ansible_collections.kubernetes.core.plugins.module_utils import helm, helm_args_common
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

spec = helm_args_common.HELM_AUTH_ARG_SPEC
given = {name: value for name, value in json.load(sys.stdin).items() if value and name in spec}
judged = ArgumentSpecValidator(spec, helm_args_common.HELM_AUTH_MUTUALLY_EXCLUSIVE).validate(given)
assert not judged.error_messages, judged.error_messages


class Module:
    params, no_log_values = judged.validated_parameters, set()

    def add_cleanup_file(self, path): ...

    def get_helm_version(self):
        return "4.0.0"


os.environ |= helm.AnsibleHelmModule(module=Module()).env_update
os.execv(sys.argv[1], ["helm", "list", "--namespace=x"])
"""
"""What kubernetes.core.helm starts Helm with."""
Entry = dict[str, Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("wire")
    (made / "bin").mkdir()
    (made / "bin/get-cred").write_text(GET_CRED)
    (made / "bin/get-cred").chmod(0o755)
    (made / "token").write_text("fr0m-file\n")
    return made


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Seen]:
    with api_server(folder) as seen:
        yield seen


@pytest.fixture
def seen(served: Seen, monkeypatch: pytest.MonkeyPatch) -> Seen:
    for name in [name for name in os.environ if name.startswith(("K8S_AUTH_", "HELM_", "KUBE"))]:
        monkeypatch.delenv(name)
    for name, value in OF_HELM.items():
        monkeypatch.setenv(name, value)
    served.forget()
    return served


def kubeconfig(seen: Seen, user: Entry, more: Entry) -> Entry:
    at = {"server": f"https://127.0.0.1:{seen.port}", "certificate-authority": "ca.crt", "tls-server-name": NAME}
    other = {"server": "https://127.0.0.1:9"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "ours", "cluster": {**at, **more}}, {"name": "other", "cluster": other}],
        "users": [{"name": "ours", "user": user}, {"name": "other", "user": {"token": "theirs"}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in ("ours", "other")],
        "current-context": "ours",
    }


def without_uid(headers: set[Any]) -> set[Any]:
    """Return headers without those of an impersonation that kubernetes.core cannot send."""
    unknown = {"impersonate-uid", "impersonate-extra-scope"}
    return {tuple(each for each in call if each[0] not in unknown) for call in headers}


def run_core(code: str, options: Entry) -> None:
    """Run what a module of kubernetes.core does, as the tasks of our roles start it."""
    told = task_access.task_access(options.get("kubeconfig"), options.get("context"), os.environ, sys.executable)
    added = told.pop("environment")
    for secret in ("t0ken", "fr0m", "p@ss", "p%40ss"):
        assert secret not in json.dumps(added)
    with tempfile.TemporaryDirectory() as folder:  # kubernetes.core keeps what it discovered there
        done = subprocess.run(
            [str(CLIENT_PYTHON), "-c", code, str(HELM)],
            env={**os.environ, **added, "TMPDIR": folder},
            input=json.dumps(told),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-2000:]


def asked(seen: Seen, options: Entry) -> tuple[set[Any], set[Any]]:
    """Return what the API server and the proxy saw of a call of ours, of Helm, and of kubernetes.core."""
    found = []
    for call in (
        lambda: Cluster(client_from(options, more_tries=0)).request("GET", "/version"),
        lambda: command.run_helm(str(HELM), ["list", "--namespace=x", "--output=json"], options, 30),
        lambda: run_core(HELM_OF_CORE, options),
        lambda: run_core(CORE, options),
    ):
        seen.forget()
        call()
        found.append((set(seen.headers), set(seen.connected)))
    ours, helms, helm_of_core, core = found
    assert ours == helms == helm_of_core
    assert (without_uid(core[0]), core[1]) == (without_uid(ours[0]), ours[1])
    return ours


USERS = [
    ({"token": "t0ken"}, [("authorization", "Bearer t0ken")]),
    ({"tokenFile": "token", "token": "stale"}, [("authorization", "Bearer fr0m-file")]),
    (
        {"exec": {"command": "./bin/get-cred", "apiVersion": "client.authentication.k8s.io/v1",
                  "interactiveMode": "Never"}},
        [("authorization", "Bearer fr0m-exec")],
    ),
    (
        {"token": "t", "as": "eve", "as-uid": "7", "as-groups": ["a", "b"], "as-user-extra": {"scope": ["x", "y"]}},
        [
            ("authorization", "Bearer t"),
            *(("impersonate-extra-scope", each) for each in "xy"),
            *(("impersonate-group", each) for each in "ab"),
            ("impersonate-uid", "7"),
            ("impersonate-user", "eve"),
        ],
    ),
]  # fmt: skip


@needs_helm
@pytest.mark.parametrize("given", ["path", "dict", "KUBECONFIG", "K8S_AUTH_KUBECONFIG", "two files"])
@pytest.mark.parametrize(("user", "headers"), USERS, ids=["token", "tokenFile", "exec", "impersonation"])
def test_users_of_a_kubeconfig(
    seen: Seen, folder: Path, monkeypatch: pytest.MonkeyPatch, given: str, user: Entry, headers: Any
) -> None:
    content = kubeconfig(seen, user, {})
    (folder / "config").write_text(json.dumps(content))
    options: Entry = {"kubeconfig": str(folder / "config"), "context": None}
    if given == "dict":
        monkeypatch.chdir(folder)
        options["kubeconfig"] = content
    elif given == "two files":
        later = kubeconfig(seen, {"token": "theirs"}, {"server": "https://127.0.0.1:9"})
        (folder / "later").write_text(json.dumps({**later, "current-context": "other"}))
        options["kubeconfig"] = os.pathsep.join([str(folder / "none"), str(folder / "config"), str(folder / "later")])
    elif given != "path":
        monkeypatch.setenv(given, options.pop("kubeconfig"))
    assert asked(seen, options) == ({tuple(headers)}, set())


@needs_helm
@pytest.mark.parametrize("source", ["kubeconfig", "K8S_AUTH_PROXY"])
@pytest.mark.parametrize("login", ["", PASSWORD])
def test_a_proxy_is_the_same_for_both_and_its_password_is_told_to_nobody_else(
    seen: Seen, folder: Path, monkeypatch: pytest.MonkeyPatch, source: str, login: str
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    proxy = f"http://127.0.0.1:{seen.proxy_port}"
    options: Entry = {}
    if source == "kubeconfig":
        written = proxy.replace("://", "://eve:p%40ss%2Fw%3Ard@") if login else proxy
        (folder / "config").write_text(json.dumps(kubeconfig(seen, {"token": "t"}, {"proxy-url": written})))
        options["kubeconfig"] = str(folder / "config")
    else:
        (folder / "config").write_text(json.dumps(kubeconfig(seen, {"token": "t"}, {})))
        monkeypatch.setenv("KUBECONFIG", str(folder / "config"))
        monkeypatch.setenv("K8S_AUTH_PROXY", proxy)
        if login:
            monkeypatch.setenv("K8S_AUTH_PROXY_HEADERS_PROXY_BASIC_AUTH", f"eve:{login}")
    started: list[list[str]] = []
    run = subprocess.run
    monkeypatch.setattr(command.subprocess, "run", lambda words, **more: started.append(words) or run(words, **more))
    headers, connected = asked(seen, options)
    expected = f"Basic {base64.b64encode(f'eve:{login}'.encode()).decode()}" if login else ""
    assert headers == {(("authorization", "Bearer t"),)}
    assert connected == {(f"127.0.0.1:{seen.port}", expected)}
    assert started
    assert not any("p@ss" in word or "p%40ss" in word for words in started for word in words)


def test_a_login_in_https_proxy_is_used_too(seen: Seen, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, f"http://eve:p%40ss@127.0.0.1:{seen.proxy_port}")
    (folder / "config").write_text(json.dumps(kubeconfig(seen, {"token": "t"}, {})))
    Cluster(client_from({"kubeconfig": str(folder / "config")})).request("GET", "/version")
    assert seen.connected == [(f"127.0.0.1:{seen.port}", f"Basic {base64.b64encode(b'eve:p@ss').decode()}")]


@needs_helm
def test_a_proxys_password_is_in_no_message(seen: Seen, folder: Path) -> None:
    away = {"proxy-url": "http://eve:s3cr3t-word@127.0.0.1:9"}
    (folder / "config").write_text(json.dumps(kubeconfig(seen, {"token": "t"}, away)))
    options = {"kubeconfig": str(folder / "config")}
    with pytest.raises(HTTPError) as ours:
        Cluster(client_from(options, more_tries=0)).request("GET", "/version")
    with pytest.raises(command.HelmError) as helms:
        command.run_helm(str(HELM), ["list", "--namespace=x"], options, 30)
    for error in (ours, helms):
        assert "refused" in str(error.value)
        assert "s3cr3t" not in str(error.value)


@needs_helm
@pytest.mark.parametrize(
    ("variables", "headers"),
    [
        ({"API_KEY": "t"}, [("authorization", "Bearer t")]),
        (
            {"API_KEY": "t", "IMPERSONATE_USER": "eve", "IMPERSONATE_GROUPS": "a,b"},
            [("authorization", "Bearer t"), *(("impersonate-group", each) for each in "ab"),
             ("impersonate-user", "eve")],
        ),
        ({"USERNAME": "eve", "PASSWORD": "p"}, [("authorization", "Basic ZXZlOnA=")]),
    ],
    ids=["token", "impersonation", "password"],
)  # fmt: skip
def test_k8s_auth_alone(seen: Seen, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], headers: Any) -> None:
    monkeypatch.setenv("K8S_AUTH_HOST", f"https://127.0.0.1:{seen.port}")
    monkeypatch.setenv("K8S_AUTH_VERIFY_SSL", "false")
    for name, value in variables.items():
        monkeypatch.setenv(f"K8S_AUTH_{name}", value)
    assert asked(seen, {"kubeconfig": "", "context": ""}) == ({tuple(headers)}, set())


@needs_helm
def test_a_kubeconfig_of_the_play_comes_before_k8s_auth(
    seen: Seen, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "config").write_text(json.dumps(kubeconfig(seen, {"token": "t"}, {})))
    for name, value in (("HOST", "https://127.0.0.1:9"), ("API_KEY", "x"), ("CONTEXT", "other"), ("PROXY", "http://x")):
        monkeypatch.setenv(f"K8S_AUTH_{name}", value)
    assert asked(seen, {"kubeconfig": str(folder / "config")}) == ({(("authorization", "Bearer t"),)}, set())


@needs_helm
def test_in_a_pod_both_use_its_service_account(seen: Seen, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(seen.port))
    # The certificate of this server names no address.
    monkeypatch.setenv("K8S_AUTH_VERIFY_SSL", "no")
    find = access.find
    monkeypatch.setattr(access, "find", lambda *given: find(*given, account=folder))
    assert asked(seen, {}) == ({(("authorization", "Bearer fr0m-file"),)}, set())


def test_a_token_that_is_replaced_is_used_at_once(seen: Seen, folder: Path) -> None:
    token = folder / "replaced"
    token.write_text("0ld")
    cluster = Cluster(
        client_from(
            {
                "kubeconfig": kubeconfig(
                    seen, {"tokenFile": str(token)}, {"certificate-authority": str(folder / "ca.crt")}
                )
            }
        )
    )
    cluster.request("GET", "/version")
    token.write_text("n3w")
    cluster.request("GET", "/version")
    token.unlink()
    cluster.request("GET", "/version")
    assert [dict(each)["authorization"] for each in seen.headers] == ["Bearer 0ld", "Bearer n3w", "Bearer n3w"]


def test_what_helm_needs_for_charts_stays_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = {
        "HELM_REGISTRY_CONFIG": "/r", "HELM_REPOSITORY_CACHE": "/c", "HELM_REPOSITORY_CONFIG": "/p",
        "HELM_DATA_HOME": "/d", "HELM_CACHE_HOME": "/h", "HELM_CONFIG_HOME": "/i", "HELM_PLUGINS": "/l",
        "HTTPS_PROXY": "http://p",
    }  # fmt: skip
    for name, value in {**theirs, **OF_HELM, "HELM_KUBESOMETHING_NEW": "x"}.items():
        monkeypatch.setenv(name, value)
    environment = command.helm_environment("/k")
    assert {name for name in environment if name.startswith(("HELM_", "KUBECONFIG"))} == {
        *(name for name in theirs if name.startswith("HELM_")), "KUBECONFIG",
    }  # fmt: skip
    assert environment["HTTPS_PROXY"] == "http://p"
    assert "KUBECONFIG" not in command.helm_environment()


def test_json_is_a_kubeconfig_too(seen: Seen, folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps(kubeconfig(seen, {"token": "t"}, {})))
    assert Cluster(client_from({"kubeconfig": str(folder / "config.json")})).request("GET", "/version")["major"] == "1"
