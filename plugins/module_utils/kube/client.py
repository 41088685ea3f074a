"""How Landfall's modules reach a cluster: one client made from what access.find says of the modules' two options."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlsplit

from ansible_collections.landfall.eks.plugins.module_utils.kube import access, builtin
from ansible_collections.landfall.eks.plugins.module_utils.kube.masking import kubeconfig_secrets
from ansible_collections.landfall.eks.plugins.module_utils.libraries.kubernetes import (
    MISSING,
    ApiException,
    HTTPError,
    InsecureRequestWarning,
    ProtocolError,
    Retry,
    client,
    config,
    disable_warnings,
    make_headers,
)
from ansible_collections.landfall.eks.plugins.module_utils.libraries.stand_in import sentence
from ansible_collections.landfall.eks.plugins.module_utils.text import json_yaml

CLUSTER_OPTIONS: dict[str, dict[str, Any]] = {
    "kubeconfig": {"type": "raw"},
    "context": {"type": "str"},
}

REQUEST_TIMEOUT = (5, 30)
"""Seconds to connect and to read, of each try; a cluster that does not answer within them is reported."""

DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
"""All groups, versions and kinds in one answer (KEP-3352), which an older cluster does not give."""

FIRST_ERROR_STATUS = 400

FIELD_MANAGER = "landfall"
"""Owns the fields of what Landfall applies itself, unless a caller names another manager."""
APPLY_PATCH = "application/apply-patch+yaml; charset=utf-8"
"""With a parameter: a bare one makes older clients write the body as JSON, of which YAML refuses some."""
MERGE_PATCH = "application/merge-patch+json"
POLL_SECONDS = 0.5
"""Between two looks at an object that is about to go."""

MORE_TRIES = 4
"""After the first; with the pauses between them, about 0, 1, 2 and 4 s, they outlast an API server that stumbles."""
STUMBLES = frozenset({429, 500, 502, 504})
"""Answers that a retry may fix. Not 503, unless it says when: a Service without a pod answers it for minutes."""


_RETRIED: dict[str, Any] = {
    "status_forcelist": STUMBLES,
    "allowed_methods": None,
    "backoff_factor": 0.5,
    "raise_on_status": False,
}


class _WhileItAnswers(Retry):
    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: Any = None,
        error: Exception | None = None,
        *where: Any,
        **named: Any,
    ) -> Self:
        """Count a try, unless it failed before there was a connection, or without an answer in time."""
        if error is not None and not isinstance(error, ProtocolError):
            raise error
        return super().increment(method, url, response, error, *where, **named)


class ClusterError(Exception):
    """A sentence on what the cluster refused or why it could not be reached."""


def retries(more_tries: int) -> Retry:
    """Return which calls are made again, up to `more_tries` times: any, whether or not the change was made already.

    What is made has our name, so that a second POST can only meet the first one's object, and says so (409).
    """
    return Retry(more_tries, **_RETRIED)


def retries_of_what_answers() -> Retry:
    """Return the same, but one try alone where no API server answers: each would last until its time limit."""
    return _WhileItAnswers(MORE_TRIES, **_RETRIED)


def client_from(params: dict[str, Any], more_tries: int = MORE_TRIES) -> client.ApiClient:
    """Make an API client from a module's `kubeconfig` (a path or a dict) and `context` (a name, or empty).

    A call that fails in passing is made again up to `more_tries` times. Raises ClusterError with one sentence if the
    library is missing or the kubeconfig cannot be used.
    """
    if MISSING:
        raise ClusterError(sentence(MISSING))
    try:
        found = access.find(params.get("kubeconfig"), params.get("context"), os.environ)
        return _client(found, access.choose(found), client.Configuration(retries=retries(more_tries)))
    except access.AccessError as error:
        raise ClusterError(str(error)) from error
    except (config.ConfigException, OSError, ValueError, ImportError) as error:
        reason = str(error).splitlines()[0]
        raise ClusterError(f"{found.source} cannot be used: {reason}") from error


def _client(found: access.Access, chosen: access.Chosen, configuration: client.Configuration) -> client.ApiClient:
    """Make a client that does what client-go does with the same kubeconfig, also where the Python client does not."""
    if isinstance(found.kubeconfig, str) and "auth-provider" in chosen.user:
        # From its file, into which the client writes the tokens that it renews.
        config.load_kube_config(found.kubeconfig, found.context or None, configuration)
    else:
        config.load_kube_config_from_dict(chosen.content(), client_configuration=configuration)
    if "exec" in chosen.user and not (configuration.api_key or configuration.cert_file):
        raise ClusterError(f"{found.source} gets its token from {chosen.user['exec'].get('command')}, which gave none.")
    if "tokenFile" in chosen.user:
        configuration.refresh_api_key_hook = _token_reader(Path(chosen.user["tokenFile"]))
    if "proxy-url" in chosen.cluster:
        # NO_PROXY is about the proxies of the environment.
        configuration.no_proxy = None
    if not configuration.verify_ssl:  # which is what was wanted, and need not be said at each call
        disable_warnings(InsecureRequestWarning)
    _log_in_to_proxy(configuration)
    api = client.ApiClient(configuration)
    for name, value in _impersonation(chosen.user):
        api.set_default_header(_Repeatable(name), value)
    return api


def _log_in_to_proxy(configuration: client.Configuration) -> None:
    """Take the login out of the proxy's URL, where urllib3 does not look for it, into a header."""
    proxy, login = urlsplit(configuration.proxy or ""), access.proxy_login(configuration.proxy or "")
    if login and proxy.scheme in {"http", "https"}:
        configuration.proxy_headers = make_headers(proxy_basic_auth=login)
        configuration.proxy = proxy._replace(netloc=proxy.netloc.rpartition("@")[2]).geturl()


def _token_reader(path: Path) -> Callable[[client.Configuration], None]:
    """Return what reads a token before each call, since the kubelet replaces it; the last one that was read counts."""

    def read(configuration: client.Configuration) -> None:
        with suppress(OSError):
            configuration.api_key["BearerToken"] = f"Bearer {path.read_text(encoding='utf-8').strip()}"

    return read


class _Repeatable(str):
    """The name of a header that may be there more than once: no two of them are the same key of a dict."""

    __slots__ = ()
    __hash__ = object.__hash__
    __eq__ = object.__eq__

    def lower(self) -> str:
        return self


def _impersonation(user: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the headers of the user's fields as, as-uid, as-groups and as-user-extra."""
    for field, name in (("as", "Impersonate-User"), ("as-uid", "Impersonate-Uid")):
        if user.get(field):
            yield name, str(user[field])
    yield from (("Impersonate-Group", str(group)) for group in user.get("as-groups") or [])
    for key, values in (user.get("as-user-extra") or {}).items():
        yield from ((f"Impersonate-Extra-{quote(key, safe='')}", str(value)) for value in values)


def reason_of(content: bytes) -> str:
    """Return the message of the API's Status object in an error answer; empty if it is not one."""
    try:
        return str(json.loads(content).get("message", ""))
    except (ValueError, AttributeError):
        return ""


_memory: dict[tuple[str, ...], bytes] | None = None
"""The answers to what was read while somebody looks: see `looking`."""


@contextmanager
def looking() -> Iterator[None]:
    """Take several looks of this process for one: what was read is not read again until something is written.

    For looks that are taken at one moment; who waits for a change must not.
    """
    global _memory  # noqa: PLW0603 - it is the process's, as the API server is
    before, _memory = _memory, {}
    try:
        yield
    finally:
        _memory = before


class Cluster:
    """Plain JSON in, plain JSON out: the few calls that Landfall makes, without a class per kind."""

    def __init__(self, api: client.ApiClient) -> None:
        """Keep the client; `api` is what client_from returned."""
        self.api = api
        self._paths: dict[str, dict[str, tuple[str, bool]]] = {}
        self._known_groups: set[str] = set()
        self._dated: tuple[str | None, datetime] | None = None

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: dict[str, str] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> dict[str, Any]:
        """Call one path of the API and return the decoded object.

        Raises ApiException for an answer of 400 and above.
        """
        # The API server reads what is applied as YAML.
        sent = json_yaml.dump(body).encode() if content_type == APPLY_PATCH else body
        content = self._call(method, path, sent, query, {"Accept": accept, "Content-Type": content_type})
        decoded: dict[str, Any] = json.loads(content) if content else {}
        return decoded

    def text(self, path: str, query: dict[str, str] | None = None) -> str:
        """Read a path that answers with text, such as a container's log. Raises ApiException."""
        return self._call("GET", path, None, query, {"Accept": "*/*"}).decode("utf-8", "replace")

    def resource_path(self, api_version: str, kind: str, namespace: str | None, name: str | None = None) -> str | None:
        """Return the path of a kind's collection, or of one object; None where the cluster does not know the kind."""
        known = self._served_as(api_version, kind)
        if known is None:
            return None
        plural, namespaced = known
        path = self._group_path(api_version)
        if namespaced and namespace:
            path += f"/namespaces/{namespace}"
        path += f"/{plural}"
        return f"{path}/{name}" if name else path

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> dict[str, Any] | None:
        """Return one object, or None if it (or its kind) is not there."""
        path = self.resource_path(api_version, kind, namespace, name)
        return self._or_none(path) if path else None

    def list(
        self, api_version: str, kind: str, namespace: str | None = None, query: dict[str, str] | None = None
    ) -> list[dict[str, Any]]:
        """Return the objects of a kind, in one namespace or in all; none if the kind is unknown."""
        path = self.resource_path(api_version, kind, namespace)
        if path is None:
            return []
        items = self.request("GET", path, query=query).get("items") or []
        # In a list the API leaves out what all items have in common.
        return [{"apiVersion": api_version, "kind": kind, **each} for each in items]

    def apply(
        self,
        path: str,
        wanted: dict[str, Any],
        *,
        manager: str = FIELD_MANAGER,
        force: bool = True,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Apply an object server-side as a field manager; return it as it is then, or would be in a dry run.

        Fields of other managers are taken over, or without `force` refused. Raises ApiException: 409 for such a field.
        """
        forced, dry = {"force": "true"} if force else {}, {"dryRun": "All"} if dry_run else {}
        query = {"fieldManager": manager, **forced, **dry}
        return self.request("PATCH", path, body=wanted, query=query, content_type=APPLY_PATCH)

    def patch(self, path: str, changes: dict[str, Any], *, manager: str = "") -> dict[str, Any]:
        """Merge changes into an object; a value of None removes its field.

        Raises ApiException: 409 where `changes` name a resourceVersion that is no longer the object's.
        """
        query = {"fieldManager": manager} if manager else None
        return self.request("PATCH", path, body=changes, query=query, content_type=MERGE_PATCH)

    def create(self, collection: str, wanted: dict[str, Any]) -> dict[str, Any]:
        """Create an object in a collection. Raises ApiException: 409 where it exists."""
        return self.request("POST", collection, body=wanted)

    def replace(self, path: str, wanted: dict[str, Any]) -> dict[str, Any]:
        """Replace an object as it was read. Raises ApiException: 409 where its resourceVersion has changed since."""
        return self.request("PUT", path, body=wanted)

    def delete(self, path: str, **options: Any) -> None:
        """Delete an object with the fields of DeleteOptions; one that is already gone is as good.

        Raises ApiException for every other answer of 400 and above, 409 where a precondition does not hold.
        """
        try:
            self.request("DELETE", path, body=options or None)
        except ApiException as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise

    def wait_gone(self, path: str, seconds: float) -> bool:
        """Wait until an object is gone; return whether it was within `seconds`. Raises ApiException."""
        deadline = time.monotonic() + seconds
        while self._or_none(path) is not None:
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def kinds(self, api_version: str) -> set[str]:
        """Return the kinds of an API version; none if the cluster does not serve it."""
        return set(self._kinds(api_version))

    def discover(self) -> tuple[str, ...]:
        """Learn every kind of the cluster in two requests; return all api versions, and each as `version/Kind` too.

        The aggregated discovery is stable since Kubernetes 1.30; of an older cluster nothing is learnt beforehand.
        """
        for path in ("/api", "/apis"):
            self._learn(path)
        kinds = (f"{version}/{kind}" for version, known in self._paths.items() for kind in sorted(known))
        return (*self._paths, *kinds)

    def api_groups(self) -> tuple[str, ...]:
        """Return the names of the API groups, and learn their kinds with it, as discover does."""
        return self._learn("/apis")

    def is_namespaced(self, api_version: str, kind: str) -> bool:
        """Say whether objects of a kind are namespaced; of a kind that the cluster does not know, they do."""
        _unused, namespaced = self._served_as(api_version, kind) or ("", True)
        return namespaced

    def server_time(self) -> datetime:
        """Return the time of the API server, in UTC: its last answer says it, and only before any it is asked.

        It tells whole seconds, so that two readings may be one apart.
        """
        if self._dated is None:
            self._ask("GET", "/version", None, None, {"Accept": "application/json"})
        date, read = self._dated or (None, datetime.now(UTC))
        ahead = parsedate_to_datetime(date) - read if date else timedelta()
        return datetime.now(UTC) + ahead

    def impersonates(self) -> bool:
        """Say whether the calls are made as another user than the one that logs in."""
        return any(str(name) == "Impersonate-User" for name in self.api.default_headers)

    def forget_kinds(self) -> None:
        """Look kinds up again, after new definitions were applied."""
        self._paths.clear()
        self._known_groups.clear()

    def _call(self, method: str, path: str, body: Any, query: dict[str, str] | None, headers: dict[str, str]) -> bytes:
        if _memory is None or method != "GET":
            if _memory and "dryRun" not in (query or {}):
                _memory.clear()
            return self._ask(method, path, body, query, headers)
        asked = (self.api.configuration.host, path, json.dumps(query or {}), headers["Accept"])
        if asked not in _memory:
            _memory[asked] = self._ask(method, path, body, query, headers)
        return _memory[asked]

    def _ask(self, method: str, path: str, body: Any, query: dict[str, str] | None, headers: dict[str, str]) -> bytes:
        parameters = list((query or {}).items())
        serialized = self.api.param_serialize(
            method, path, query_params=parameters, header_params=headers, body=body, auth_settings=["BearerToken"]
        )
        response = self.api.call_api(*serialized, _request_timeout=REQUEST_TIMEOUT)
        content: bytes = response.read()
        self._dated = response.headers.get("Date"), datetime.now(UTC)
        if response.status >= FIRST_ERROR_STATUS:
            raise ApiException(status=response.status, reason=reason_of(content) or response.reason)
        return content

    @staticmethod
    def _group_path(api_version: str) -> str:
        return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"

    def _learn(self, path: str) -> tuple[str, ...]:
        """Keep the kinds of all groups below a path, and return the groups' names; that of the core group is empty."""
        found = self.request("GET", path, accept=DISCOVERY)
        groups = {group["metadata"].get("name", ""): group.get("versions") or [] for group in found.get("items") or []}
        for group, versions in groups.items():
            for version in versions:
                self._paths["/".join(filter(None, (group, version["version"])))] = {
                    each["responseKind"]["kind"]: (each["resource"], each["scope"] == "Namespaced")
                    for each in version.get("resources") or []
                    if each.get("responseKind")
                }
        if path == "/apis" and groups:
            self._known_groups = {"", *groups}
        return (*groups, *(group["name"] for group in found.get("groups") or []))

    def _served_as(self, api_version: str, kind: str) -> tuple[str, bool] | None:
        """Return the name of a kind in paths and whether it is namespaced; None where the cluster does not know it."""
        return builtin.PLACES.get((api_version, kind)) or self._kinds(api_version).get(kind)

    def _kinds(self, api_version: str) -> dict[str, tuple[str, bool]]:
        if api_version not in self._paths:
            if self._known_groups and api_version.rpartition("/")[0] not in self._known_groups:
                return {}
            found = self._or_none(self._group_path(api_version)) or {}
            self._paths[api_version] = {
                each["kind"]: (each["name"], each["namespaced"])
                for each in found.get("resources", [])
                if "/" not in each["name"]
            }
            if not found:
                return self._paths.pop(api_version)
        return self._paths[api_version]

    def _or_none(self, path: str) -> dict[str, Any] | None:
        try:
            return self.request("GET", path)
        except ApiException as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise


def hide_secrets(module: Any) -> None:
    """Mask the credentials of the cluster, from the module's kubeconfig or from the environment, in its result."""
    with suppress(access.AccessError):  # which client_from says
        found = access.find(module.params.get("kubeconfig"), module.params.get("context"), os.environ)
        module.no_log_values.update(kubeconfig_secrets(found.kubeconfig))


@contextmanager
def reading(module: Any) -> Iterator[Cluster]:
    """Give a module its cluster, and end the module with one sentence where the cluster refuses or does not answer."""
    hide_secrets(module)
    try:
        yield Cluster(client_from(module.params))
    except ClusterError as error:
        module.fail_json(msg=str(error))
    except ApiException as error:
        module.fail_json(msg=f"The cluster refused ({error.status}): {error.reason}")
    except HTTPError as error:
        module.fail_json(msg=f"The cluster of platform_kubeconfig does not answer: {root_cause(error)}")


def root_cause(error: BaseException) -> str:
    """Return the innermost reason of a chain of transport errors."""
    reason = getattr(error, "reason", None)
    return root_cause(reason) if isinstance(reason, BaseException) else str(error)
