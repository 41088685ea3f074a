"""Where the cluster of a run is looked for, and what variables change of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.kube import access
from ansible_collections.landfall.eks.plugins.module_utils.kube.access import AccessError, choose, find

Entry = dict[str, Any]
K8S_AUTH = {"K8S_AUTH_HOST": "https://auth.example.org/", "K8S_AUTH_API_KEY": "t0ken"}


def kubeconfig(name: str, current: str = "", **user: Any) -> Entry:
    cluster = {"server": f"https://{name}.example.org", "certificate-authority": "ca.crt"}
    return {
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": user or {"token": name}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": current,
    }


@pytest.fixture
def files(tmp_path: Path) -> str:
    """Two kubeconfigs, the second of which names another current context, and a third that is not there."""
    paths = []
    for name in ("one", "two"):
        path = tmp_path / name / "config"
        path.parent.mkdir()
        path.write_text(yaml.safe_dump(kubeconfig(name, name)))
        paths.append(str(path))
    return os.pathsep.join([*paths, str(tmp_path / "three")])


def server(kubeconfig: Any, context: str, environment: dict[str, str]) -> str:
    return str(choose(find(kubeconfig, context, environment)).cluster["server"])


def test_platform_kubeconfig_says_all_of_it(files: str) -> None:
    elsewhere = {**K8S_AUTH, "K8S_AUTH_CONTEXT": "two", "KUBECONFIG": "/elsewhere", "K8S_AUTH_IMPERSONATE_USER": "eve"}
    found = find(files, "", elsewhere)
    assert found == find(files, "", {})
    assert choose(found).cluster["server"] == "https://one.example.org"
    assert choose(found).user == {"token": "one"}
    assert found.source.startswith("platform_kubeconfig (")


@pytest.mark.parametrize("variable", ["KUBECONFIG", "K8S_AUTH_KUBECONFIG"])
def test_of_several_files_the_first_has_the_say_and_each_has_its_own_folder(files: str, variable: str) -> None:
    environment = {variable: files}
    assert server("", "", environment) == "https://one.example.org"
    chosen = choose(find("", "two", environment))
    assert chosen.cluster["server"] == "https://two.example.org"
    assert chosen.cluster["certificate-authority"] == str(Path(files.split(os.pathsep)[1]).parent / "ca.crt")
    assert server("", "", {**environment, "K8S_AUTH_CONTEXT": "two"}) == "https://two.example.org"
    assert server("", "one", {**environment, "K8S_AUTH_CONTEXT": "two"}) == "https://one.example.org"


def test_an_entry_of_an_earlier_file_hides_one_of_the_same_name(files: str, tmp_path: Path) -> None:
    (tmp_path / "three").write_text(yaml.safe_dump(kubeconfig("one", token="third") | {"current-context": "one"}))
    three, one = str(tmp_path / "three"), files.partition(os.pathsep)[0]
    assert choose(find(os.pathsep.join([one, three]), "", {})).user == {"token": "one"}
    assert choose(find(os.pathsep.join([three, one]), "", {})).user == {"token": "third"}


def test_a_colon_may_also_be_in_a_path(tmp_path: Path) -> None:
    path = tmp_path / "arn:aws:eks:eu-west-1:1:cluster" / "config"
    path.parent.mkdir()
    path.write_text(yaml.safe_dump(kubeconfig("one", "one")))
    found = find(str(path), "", {})
    assert choose(found).cluster["certificate-authority"] == str(path.parent / "ca.crt")
    assert isinstance(found.kubeconfig, dict), "Helm gets a file whose path has no colon"


def test_k8s_auth_comes_before_kubeconfig_and_that_before_the_pod(files: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t")
    pod = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "6443"}
    assert server("", "", {**pod, **K8S_AUTH, "KUBECONFIG": files}) == "https://auth.example.org"
    assert server("", "", {**pod, "KUBECONFIG": files}) == "https://one.example.org"
    chosen = choose(find("", "", pod, account=tmp_path))
    assert chosen.cluster == {"server": "https://[fd00::1]:6443", "certificate-authority": f"{tmp_path}/ca.crt"}
    assert chosen.user == {"tokenFile": f"{tmp_path}/token"}


def test_the_default_kubeconfig_counts_only_where_a_context_of_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube/config").write_text(yaml.safe_dump(kubeconfig("home", "home")))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(AccessError, match="platform_kubeconfig is empty: write"):
        find("", "", {})
    assert server("", "home", {}) == server("", "", {"K8S_AUTH_CONTEXT": "home"}) == "https://home.example.org"


@pytest.mark.parametrize(
    ("variables", "user"),
    [
        ({"API_KEY": "t0ken"}, {"token": "t0ken"}),
        ({"USERNAME": "eve", "PASSWORD": "p"}, {"username": "eve", "password": "p"}),
        ({"CERT_FILE": "/c", "KEY_FILE": "/k"}, {"client-certificate": "/c", "client-key": "/k"}),
        ({"CLIENT_CERT": "/c", "CLIENT_KEY": "/k"}, {"client-certificate": "/c", "client-key": "/k"}),
        (
            {"API_KEY": "t", "IMPERSONATE_USER": "eve", "IMPERSONATE_GROUPS": "a,b,"},
            {"token": "t", "as": "eve", "as-groups": ["a", "b"]},
        ),
    ],
)
def test_logins_of_k8s_auth(variables: dict[str, str], user: Entry) -> None:
    environment = {f"K8S_AUTH_{name}": value for name, value in variables.items()}
    assert choose(find("", "", {"K8S_AUTH_HOST": "https://x", **environment})).user == user


@pytest.mark.parametrize(
    ("variables", "cluster"),
    [
        ({}, {}),
        ({"SSL_CA_CERT": "/ca"}, {"certificate-authority": "/ca"}),
        ({"VERIFY_SSL": "False", "SSL_CA_CERT": "/ca"}, {"insecure-skip-tls-verify": True}),
        ({"VALIDATE_CERTS": "yes"}, {}),
        ({"PROXY": "http://p:3128"}, {"proxy-url": "http://p:3128"}),
        ({"PROXY": "http://p:3128", "NO_PROXY": ".example.com,10.0.0.0/8"}, {"proxy-url": "http://p:3128"}),
        ({"PROXY": "http://p:3128", "NO_PROXY": "a, .example.org"}, {}),
        (
            {"PROXY": "http://p:3128", "PROXY_HEADERS_PROXY_BASIC_AUTH": "eve:p@ss/w:rd"},
            {"proxy-url": "http://eve:p%40ss%2Fw%3Ard@p:3128"},
        ),
    ],
)
def test_connections_of_k8s_auth(variables: dict[str, str], cluster: Entry) -> None:
    environment = K8S_AUTH | {f"K8S_AUTH_{name}": value for name, value in variables.items()}
    assert choose(find("", "", environment)).cluster == {"server": "https://auth.example.org", **cluster}


def test_a_range_keeps_an_address_from_the_proxy() -> None:
    environment = {**K8S_AUTH, "K8S_AUTH_HOST": "https://10.1.2.3:6443", "K8S_AUTH_PROXY": "http://p"}
    assert "proxy-url" in choose(find("", "", environment)).cluster
    assert "proxy-url" not in choose(find("", "", {**environment, "K8S_AUTH_NO_PROXY": "10.0.0.0/8"})).cluster


def test_k8s_auth_changes_what_the_kubeconfig_of_the_environment_says(tmp_path: Path) -> None:
    path = tmp_path / "config"
    login = {"exec": {"command": "aws", "apiVersion": "v1"}}
    path.write_text(yaml.safe_dump(kubeconfig("one", "one", **login)))
    changed = find("", "", {"KUBECONFIG": str(path), "K8S_AUTH_VERIFY_SSL": "no", "K8S_AUTH_IMPERSONATE_USER": "eve"})
    assert choose(changed).cluster == {"server": "https://one.example.org", "insecure-skip-tls-verify": True}
    assert choose(changed).user == {**login, "as": "eve"}
    token = find("", "", {"KUBECONFIG": str(path), "K8S_AUTH_API_KEY": "t"})
    assert choose(token).user == {"token": "t"}


@pytest.mark.parametrize("variable", ["KUBECONFIG", "K8S_AUTH_KUBECONFIG"])
def test_a_sentence_names_the_variable_that_is_wrong(variable: str) -> None:
    with pytest.raises(AccessError, match=f"^{variable} names /nowhere/config, which does not exist: write"):
        choose(find("", "", {variable: "/nowhere/config"}))


def test_a_host_without_a_login_is_no_cluster() -> None:
    with pytest.raises(AccessError, match="K8S_AUTH_HOST is set without a login: set K8S_AUTH_API_KEY"):
        find("", "", {"K8S_AUTH_HOST": "https://x"})


def test_an_empty_variable_says_nothing(files: str) -> None:
    empty = dict.fromkeys(("K8S_AUTH_HOST", "K8S_AUTH_API_KEY", "K8S_AUTH_KUBECONFIG", "K8S_AUTH_CONTEXT"), "")
    assert find("", "", {**empty, "KUBECONFIG": files}) == find("", "", {"KUBECONFIG": files})


def test_paths_of_a_dict_are_those_of_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = kubeconfig("one", "one", exec={"command": "./get-cred"}, tokenFile="token")
    found = find(given, "", {})
    assert choose(found).user == {"exec": {"command": f"{tmp_path}/get-cred"}, "tokenFile": f"{tmp_path}/token"}
    assert found.kubeconfig["users"][0]["user"]["tokenFile"] == f"{tmp_path}/token", "what Helm is given too"
    assert given["users"][0]["user"]["tokenFile"] == "token", "and the given one stays as it was"


def test_the_variables_are_those_of_kubernetes_core() -> None:
    args_common = pytest.importorskip("ansible_collections.kubernetes.core.plugins.module_utils.args_common")
    theirs = {name.upper() for pair in args_common.AUTH_ARG_MAP.items() for name in pair}
    ours = {name for names in access.VARIABLES.values() for name in names}
    assert theirs - ours == {"KUBECONFIG", "CONTEXT", "PROXY_HEADERS", "PERSIST_CONFIG"}
    assert ours - theirs == {"PROXY_HEADERS_PROXY_BASIC_AUTH", "IMPERSONATE_USER", "IMPERSONATE_GROUPS"}
