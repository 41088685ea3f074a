"""Which cluster a run is about: one answer for our own calls and for Helm.

It is that of `platform_kubeconfig`. Where that is empty, it comes from the environment: the variables K8S_AUTH_* of
kubernetes.core, KUBECONFIG, or the service account of the pod that Ansible runs in.
"""

from __future__ import annotations

import copy
import ipaddress
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from ansible_collections.landfall.eks.plugins.module_utils.libraries.yaml import yaml

SETTING = "platform_kubeconfig"
ADVICE = "write the full path of a kubeconfig that `kubectl` works with (`make up` makes the local cluster's)"
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
DEFAULT_FILE = "~/.kube/config"
"""Only read where a context of it is named, so that no run works on whatever kubectl was used for last."""

FILES = {"cluster": ("certificate-authority",), "user": ("client-certificate", "client-key", "tokenFile")}
"""Fields of a kubeconfig's entries that name files, relative to the kubeconfig."""
IMPERSONATION = ("as", "as-uid", "as-groups", "as-user-extra")
VARIABLES = {
    "host": ("HOST",),
    "api_key": ("API_KEY",),
    "username": ("USERNAME",),
    "password": ("PASSWORD",),
    "ca_cert": ("CA_CERT", "SSL_CA_CERT"),
    "client_cert": ("CLIENT_CERT", "CERT_FILE"),
    "client_key": ("CLIENT_KEY", "KEY_FILE"),
    "validate_certs": ("VALIDATE_CERTS", "VERIFY_SSL"),
    "proxy": ("PROXY",),
    "no_proxy": ("NO_PROXY",),
    "proxy_login": ("PROXY_HEADERS_PROXY_BASIC_AUTH",),
    "impersonate_user": ("IMPERSONATE_USER",),
    "impersonate_groups": ("IMPERSONATE_GROUPS",),
}
"""What kubernetes.core reads from K8S_AUTH_<these>, besides the kubeconfig and the context."""
LOGINS = (("api_key",), ("username", "password"), ("client_cert", "client_key"))

Entry = dict[str, Any]
"""An entry of a kubeconfig, or the whole of one."""


class AccessError(Exception):
    """A sentence on why no cluster is found, or on what is wrong with the kubeconfig."""


@dataclass(frozen=True)
class Access:
    """How the cluster is reached.

    `kubeconfig` is a path, several joined by os.pathsep, or the content, `context` a context of it or empty for the
    current one, `name` the setting or variable that says so, and `details` what it says, or empty.
    """

    kubeconfig: str | Entry
    context: str
    name: str
    details: str = ""

    @property
    def source(self) -> str:
        """What people call it."""
        return f"{self.name} ({self.details})" if self.details else self.name


@dataclass(frozen=True)
class Chosen:
    """The cluster and the user of a kubeconfig's context, without its names; files have full paths."""

    cluster: Entry
    user: Entry

    def content(self) -> Entry:
        """Return a kubeconfig of nothing else."""
        name = "landfall"
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": self.cluster}],
            "users": [{"name": name, "user": self.user}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        }


def find(
    kubeconfig: Any, context: str | None, environment: Mapping[str, str], account: Path = SERVICE_ACCOUNT
) -> Access:
    """Return how the cluster of `platform_kubeconfig` (a path, a dict or empty) and `platform_context` is reached.

    `environment` is the task's. Files are only read where variables change what they say. Raises AccessError.
    """
    if kubeconfig:
        return _given(kubeconfig, context or "", SETTING)
    auth = _auth(environment)
    found = _named_by(auth, context or environment.get("K8S_AUTH_CONTEXT", ""), environment, account)
    if not auth:
        return found
    chosen = choose(found)
    changed = Chosen(_changed_cluster(chosen.cluster, auth), _changed_user(chosen.user, auth))
    return Access(changed.content(), "", found.name, f"{found.details}, K8S_AUTH_*" if found.details else "")


def choose(access: Access) -> Chosen:
    """Return the cluster and the user of the context, as client-go does: of several files the first has the say.

    Raises AccessError.
    """
    contents = _contents(access)
    contexts, clusters, users = (_merged(contents, section) for section in ("context", "cluster", "user"))
    where = access.source
    if not contexts:
        raise AccessError(f"{where} has no contexts and is no kubeconfig: {ADVICE}.")
    names = ", ".join(sorted(contexts))
    wanted = access.context or next(
        (str(each["current-context"]) for each in contents if each.get("current-context")), ""
    )
    if not wanted:
        raise AccessError(f"{where} has no current context: write one of {names} as platform_context.")
    if wanted not in contexts:
        setting = "platform_context" if access.context else "the current context"
        raise AccessError(f"{where} has no context {wanted!r}, which is {setting}: write one of {names}.")
    cluster, user = contexts[wanted].get("cluster"), contexts[wanted].get("user")
    if cluster not in clusters:
        raise AccessError(
            f"{where} has no cluster {cluster!r}, which its context {wanted!r} names: repair it or create it again."
        )
    return Chosen(clusters[cluster], users.get(str(user), {}))


def portable(access: Access) -> str | Entry:
    """Return a kubeconfig for clients that take one file alone and no `tokenFile`.

    It is the path where that will do, else the content of the context, with the token. Raises AccessError.
    """
    chosen = choose(access)
    token_file = chosen.user.get("tokenFile")
    if isinstance(access.kubeconfig, str) and os.pathsep not in access.kubeconfig and not token_file:
        path = Path(access.kubeconfig)
        content = _read(path, access.name)
        if _anchored(content, path.parent) == content:
            return access.kubeconfig
    if not token_file:
        return chosen.content()
    try:
        token = Path(token_file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise AccessError(f"{access.source} names {token_file}, which cannot be read ({error.strerror}).") from error
    user = {name: value for name, value in chosen.user.items() if name != "tokenFile"}
    return Chosen(chosen.cluster, {**user, "token": token}).content()


def problem(kubeconfig: Any, context: str, environment: Mapping[str, str]) -> str:
    """Return one sentence on why no cluster is found, or its user cannot log in; empty if nothing is known against it.

    Of a program that is to get a token, only whether there is one: without it the client would go on without a token.
    """
    try:
        access = find(kubeconfig, context, environment)
        command = (choose(access).user.get("exec") or {}).get("command")
    except AccessError as error:
        return str(error)
    if not command or shutil.which(command, path=environment.get("PATH")):
        return ""
    if os.sep in command:
        return f"{access.source} gets its token from {command}, which is no program: install it, or name another there."
    return (
        f"{access.source} gets its token from {command!r}, which is not on PATH: install it, or write its full path "
        "there."
    )


def proxy_login(url: str) -> str:
    """Return the user and the password in a proxy's URL, as `user:password`; empty if there is no user.

    >>> proxy_login("http://me:p%40ss@proxy.example.org:3128"), proxy_login("http://proxy.example.org:3128")
    ('me:p@ss', '')
    """
    proxy = urlsplit(url)
    return f"{unquote(proxy.username)}:{unquote(proxy.password or '')}" if proxy.username else ""


def _given(kubeconfig: Any, context: str, name: str) -> Access:
    if isinstance(kubeconfig, Mapping):
        return Access(_anchored(kubeconfig, Path.cwd()), context, name)
    whole = Path(_full(str(kubeconfig)))
    if os.pathsep in str(kubeconfig) and whole.is_file():  # an ARN in a path: client-go would take it for several
        return Access(_anchored(_read(whole, name), whole.parent), context, name, str(kubeconfig))
    paths = [_full(each) for each in str(kubeconfig).split(os.pathsep) if each]
    return Access(os.pathsep.join(paths), context, name, str(kubeconfig))


def _auth(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what variables K8S_AUTH_* say, by kubernetes.core's name of it."""
    found = {
        name: next((environment[f"K8S_AUTH_{each}"] for each in variables if environment.get(f"K8S_AUTH_{each}")), "")
        for name, variables in VARIABLES.items()
    }
    return {name: value for name, value in found.items() if value}


def _named_by(auth: dict[str, str], context: str, environment: Mapping[str, str], account: Path) -> Access:
    """Return what the environment leads to, before K8S_AUTH_* changes parts of it."""
    if "host" in auth and any(all(name in auth for name in login) for login in LOGINS):
        return Access(Chosen({}, {}).content(), "", "K8S_AUTH_HOST")
    for name in ("K8S_AUTH_KUBECONFIG", "KUBECONFIG"):
        if environment.get(name):
            return _given(environment[name], context, name)
    if context:
        return Access(_full(DEFAULT_FILE), context, DEFAULT_FILE)
    if environment.get("KUBERNETES_SERVICE_HOST") and (account / "token").is_file():
        return _in_cluster(environment, account)
    if "host" in auth:
        raise AccessError(f"K8S_AUTH_HOST is set without a login: set K8S_AUTH_API_KEY too, or {ADVICE} as {SETTING}.")
    raise AccessError(f"{SETTING} is empty: {ADVICE}.")


def _in_cluster(environment: Mapping[str, str], account: Path) -> Access:
    host, port = environment["KUBERNETES_SERVICE_HOST"], environment.get("KUBERNETES_SERVICE_PORT", "443")
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    cluster = {"server": server, "certificate-authority": str(account / "ca.crt")}
    chosen = Chosen(cluster, {"tokenFile": str(account / "token")})
    return Access(chosen.content(), "", "the pod's service account")


def _changed_cluster(cluster: Entry, auth: dict[str, str]) -> Entry:
    changed = dict(cluster)
    if "host" in auth:
        changed["server"] = auth["host"].rstrip("/")
    insecure = auth.get("validate_certs", "").lower() in {"0", "false", "no"}
    if "ca_cert" in auth or insecure:
        # client-go takes no certificate authority together with insecure-skip-tls-verify.
        for name in ("certificate-authority", "certificate-authority-data", "insecure-skip-tls-verify"):
            changed.pop(name, None)
    if insecure:
        changed["insecure-skip-tls-verify"] = True
    elif "ca_cert" in auth:
        changed["certificate-authority"] = _full(auth["ca_cert"])
    if "proxy" in auth and not _bypassed(str(changed.get("server")), auth.get("no_proxy", "")):
        changed["proxy-url"] = _with_login(auth["proxy"], auth.get("proxy_login", ""))
    return changed


def _changed_user(user: Entry, auth: dict[str, str]) -> Entry:
    changed = dict(user)
    if any(name in auth for login in LOGINS for name in login):
        changed = {name: value for name, value in user.items() if name in IMPERSONATION}
    changed |= {
        field: auth[name]
        for name, field in (("api_key", "token"), ("username", "username"), ("password", "password"))
        if name in auth
    }
    changed |= {
        field: _full(auth[name])
        for name, field in (("client_cert", "client-certificate"), ("client_key", "client-key"))
        if name in auth
    }
    if "impersonate_user" in auth:
        changed["as"] = auth["impersonate_user"]
    if "impersonate_groups" in auth:
        changed["as-groups"] = [each for each in auth["impersonate_groups"].split(",") if each]
    return changed


def _full(path: str) -> str:
    return str(Path(path).expanduser().absolute())


def _with_login(proxy: str, login: str) -> str:
    if not login:
        return proxy
    name, _unused, password = login.partition(":")
    scheme, _unused, rest = proxy.rpartition("://")
    return f"{scheme or 'http'}://{quote(name, safe='')}:{quote(password, safe='')}@{rest.rpartition('@')[2]}"


def _bypassed(server: str, no_proxy: str) -> bool:
    """Say whether a list of names, domains, addresses and ranges keeps a server from the proxy."""
    host = urlsplit(server).hostname or ""
    for entry in (each.strip().lower().lstrip(".") for each in no_proxy.split(",") if each.strip()):
        if entry in {"*", host} or host.endswith(f".{entry}"):
            return True
        with suppress(ValueError):
            if ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False):
                return True
    return False


def _contents(access: Access) -> list[Entry]:
    """Return the contents of the kubeconfig's files. Of several, those that do not exist are passed over."""
    if not isinstance(access.kubeconfig, str):
        return [access.kubeconfig]
    paths = [Path(each) for each in access.kubeconfig.split(os.pathsep)]
    there = [path for path in paths if path.exists()] or paths[:1]
    return [_anchored(_read(path, access.name), path.parent) for path in there]


def _read(path: Path, name: str) -> Entry:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise AccessError(f"{name} names {path}, which does not exist: {ADVICE}.") from None
    except OSError as error:
        raise AccessError(f"{name} names {path}, which cannot be read ({error.strerror}): {ADVICE}.") from error
    except (yaml.YAMLError, UnicodeDecodeError):
        raise AccessError(f"{name} names {path}, which is not YAML: {ADVICE}.") from None
    if not isinstance(content, dict):
        raise AccessError(f"{name} names {path}, which is no kubeconfig: {ADVICE}.")
    return content


def _anchored(content: Mapping[str, Any], folder: Path) -> Entry:
    """Return a kubeconfig's content with full paths: those in it are relative to the folder of its file."""
    anchored = copy.deepcopy(dict(content))
    for singular, fields in FILES.items():
        for entry in (each for _unused, each in _rows(anchored, singular) if isinstance(each, dict)):
            for field in fields:
                if entry.get(field):
                    entry[field] = str(folder / str(entry[field]))
            command = entry.get("exec")
            # One without a folder is looked for on PATH.
            if isinstance(command, dict) and os.sep in str(command.get("command")):
                command["command"] = str(folder / str(command["command"]))
    return anchored


def _rows(content: Mapping[str, Any], singular: str) -> Iterator[tuple[str, Any]]:
    """Yield name and entry of each row of a section."""
    rows = content.get(f"{singular}s")
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict):
            yield str(row.get("name")), row.get(singular)


def _merged(contents: list[Entry], singular: str) -> dict[str, Entry]:
    """Return a section of several kubeconfigs by name; the first that has a name has the say."""
    return {name: entry or {} for content in reversed(contents) for name, entry in _rows(content, singular)}
