"""The one cluster of the unit tests: the real Cluster over an API server in memory.

It is as strict as the real server where a mistake of ours would show: versions, conflicts, selectors, subresources,
unknown kinds, server-side apply without a field manager. What a test wants otherwise it says by `answers`, `refuse`,
`before`, `after` and `reconcile`.
"""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

from urllib3 import HTTPHeaderDict

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from tests import fake_objects
from tests.fake_api import (
    AGGREGATED,
    GROUP,
    KINDS,
    METADATA_ONLY,
    NO_STATUS_SUBRESOURCE,
    OBJECTS,
    PATCHES,
    VERSION,
    Answer,
    Call,
    FakeApi,
    Kind,
    Place,
    Refusal,
    RefusedError,
    Response,
)
from tests.fake_objects import Object

Key = tuple[str, str, str]
"""Kind, namespace (empty for an object of the cluster) and name."""


class FakeCluster(Cluster):
    """Objects by kind, namespace and name; `log` has every call, `kinds` is what the cluster serves.

    `before` and `after` are called with each call, and may raise; `reconcile` is every controller: it is called with
    the cluster and an object that was written, that is gone, or that is on its way out and was looked at. `answers`
    are fixed answers by path, or by how paths begin, followed by `*`.
    """

    def __init__(self, *objects: Object) -> None:
        super().__init__(FakeApi(self._answer))
        self.objects: dict[Key, Object] = {}
        self.kinds_served = dict(KINDS)
        self.log: list[Call] = []
        self.answers: dict[str, Answer] = {"/version": {"gitVersion": "v1.35.4"}}
        self.before: Callable[[Call], None] | None = None
        self.after: Callable[[Call], None] | None = None
        self.reconcile: Callable[[FakeCluster, Object], None] = lambda cluster, found: None
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.page_size = 500
        self._versions = itertools.count(1)
        self._refusals: list[Refusal] = []
        self._surprises: list[Callable[[], Any]] = []
        self._applied: dict[Key, dict[tuple[str, str], Object]] = {}
        for each in objects:
            self.add(copy.deepcopy(each))

    @property
    def written(self) -> list[tuple[str, str, Any]]:
        """Every change that was asked for, also in vain: method, path and body."""
        return [(call.method, call.path, call.body) for call in self.log if call.writes]

    def add(self, found: Object) -> Object:
        """Put an object there as it is, whatever was there before, and return it; its apiVersion may be left out."""
        kind = self.kinds_served[found["kind"]]
        assert found.setdefault("apiVersion", kind.api_version) == kind.api_version, f"{found['kind']} is of {kind}"
        metadata = found["metadata"]
        metadata.setdefault("resourceVersion", str(next(self._versions)))
        metadata.setdefault("uid", f"uid-{metadata['resourceVersion']}")
        self.objects[self.key(found)] = found
        return found

    def define(self, kind: str, api_version: str, plural: str, *, namespaced: bool = True) -> None:
        """Serve one more kind, as after its definition was applied."""
        self.kinds_served[kind] = Kind(api_version, plural, namespaced)

    def refuse(self, status: int, message: str = "", *, method: str = "", path: str = "", times: int = 1) -> None:
        """Refuse the next calls of a method (every write if it is left out) in whose path `path` stands."""
        self._refusals.append(Refusal(status, message, method, path, times))

    def surprise(self, action: Callable[[], Any]) -> None:
        """Let somebody else do something first when the next write comes, once."""
        self._surprises.append(action)

    @staticmethod
    def key(found: Object) -> Key:
        """Return where an object is kept."""
        return found["kind"], found["metadata"].get("namespace") or "", found["metadata"]["name"]

    def _answer(self, call: Call) -> Any:
        self.log.append(call)
        if self.before:
            self.before(call)
        if call.method != "GET" and self._surprises:
            self._surprises.pop()()
        try:
            refusal = next((each for each in self._refusals if each.takes(call)), None)
            found = (refusal.status, refusal.message) if refusal else self._content(call)
            response = self._response(found, call)
        except RefusedError as error:
            body = {"kind": "Status", "status": "Failure", "message": error.message, "code": error.status}
            response = self._response(body, call, error.status)
        except fake_objects.SelectorError as error:
            response = self._response({"kind": "Status", "message": str(error), "code": 400}, call, 400)
        if self.after:
            self.after(call)
        return response

    def _response(self, found: Any, call: Call, status: int = 200) -> Any:
        headers = HTTPHeaderDict({"Date": format_datetime(self.now().astimezone(UTC), usegmt=True)})
        if callable(found):
            return self._response(found(call), call)
        if isinstance(found, int):
            raise RefusedError(found)
        if isinstance(found, tuple):
            raise RefusedError(*found)
        if isinstance(found, dict):
            return Response(status, json.dumps(found).encode(), headers)
        return Response(status, found.encode(), headers) if isinstance(found, str) else found

    def _content(self, call: Call) -> Any:
        for path, answer in self.answers.items():
            if call.path == path or (path.endswith("*") and call.path.startswith(path[:-1])):
                return answer
        if call.method == "GET" and (found := self._discovery(call)) is not None:
            return found
        place = self._place(call.path)
        if place.name or call.method == "POST":
            return self._one(call, place)
        if call.method == "GET":
            return self._list(call, place)
        raise RefusedError(HTTPStatus.METHOD_NOT_ALLOWED)

    def _discovery(self, call: Call) -> Object | None:
        if call.path in {"/api", "/apis"}:
            return self._groups(call)
        if whole := VERSION.fullmatch(call.path):
            version = whole[1] or whole[2]
            known = {name: kind for name, kind in self.kinds_served.items() if kind.api_version == version}
            if not known:
                raise RefusedError(HTTPStatus.NOT_FOUND)
            resources = [
                {"kind": name, "name": each.plural, "namespaced": each.namespaced} for name, each in known.items()
            ]
            return {"kind": "APIResourceList", "groupVersion": version, "resources": resources}
        if group := GROUP.fullmatch(call.path):
            versions = [each for each in self._api_versions() if each.startswith(f"{group[1]}/")]
            if not versions:
                raise RefusedError(HTTPStatus.NOT_FOUND)
            return {"kind": "APIGroup", "name": group[1], "preferredVersion": {"groupVersion": versions[0]}}
        return None

    def _api_versions(self) -> list[str]:
        return list(dict.fromkeys(kind.api_version for kind in self.kinds_served.values()))

    def _groups(self, call: Call) -> Object:
        wanted = [each for each in self._api_versions() if ("/" in each) is (call.path == "/apis")]
        if AGGREGATED not in call.headers.get("Accept", ""):
            return {"groups": [{"name": name} for name in dict.fromkeys(each.split("/")[0] for each in wanted)]}
        return {"items": [self._aggregated(each) for each in wanted]}

    def _aggregated(self, api_version: str) -> Object:
        group, _, version = api_version.rpartition("/")
        resources = [
            {
                "resource": kind.plural,
                "responseKind": {"kind": name},
                "scope": "Namespaced" if kind.namespaced else "Cluster",
            }
            for name, kind in self.kinds_served.items()
            if kind.api_version == api_version
        ]
        return {"metadata": {"name": group}, "versions": [{"version": version, "resources": resources}]}

    def _place(self, path: str) -> Place:
        if found := OBJECTS.fullmatch(path):
            api_version, namespace, plural, name, subresource = (each or "" for each in found.groups())
            for kind, served in self.kinds_served.items():
                here = served[:2] == (api_version.removeprefix("/api/").removeprefix("/apis/"), plural)
                # All namespaces can be listed at once; one object has its namespace, if its kind has one.
                if here and (served.namespaced or not namespace) and (namespace or not name or not served.namespaced):
                    return Place(kind, namespace, name, subresource)
        raise RefusedError(HTTPStatus.NOT_FOUND, "the server could not find the requested resource")

    def _list(self, call: Call, place: Place) -> Object:
        items = [
            copy.deepcopy(each)
            for (kind, namespace, _), each in sorted(self.objects.items())
            if kind == place.kind
            and place.namespace in ("", namespace)
            and fake_objects.has_labels(each["metadata"].get("labels") or {}, call.query.get("labelSelector", ""))
            and fake_objects.has_fields(each, call.query.get("fieldSelector", ""))
        ]
        size = min(int(call.query.get("limit", len(items) or 1)), self.page_size)
        begin = int(call.query.get("continue", 0))
        more = {"continue": str(begin + size)} if "limit" in call.query and begin + size < len(items) else {}
        shown = [self._listed(each, call) for each in (items[begin : begin + size] if "limit" in call.query else items)]
        return {"kind": f"{place.kind}List", "metadata": more, "items": shown}

    @staticmethod
    def _listed(found: Object, call: Call) -> Object:
        """Return an item as it stands in a list: without what all have in common."""
        if METADATA_ONLY in call.headers.get("Accept", ""):
            return {"metadata": found["metadata"]}
        return {key: value for key, value in found.items() if key not in {"apiVersion", "kind"}}

    def _one(self, call: Call, place: Place) -> Object:
        name = place.name or call.body["metadata"]["name"]
        key = (place.kind, place.namespace, name)
        there = self.objects.get(key)
        if there and there["metadata"].get("deletionTimestamp"):
            self._controlled(there)
            there = self.objects.get(key)
        if call.method == "POST":
            return self._created(call, key, there)
        if there is None and self._patch_of(call) != "apply":
            raise RefusedError(HTTPStatus.NOT_FOUND, f'{self.kinds_served[place.kind].plural} "{name}" not found')
        if call.method == "GET":
            return copy.deepcopy(there or {})
        if call.method == "DELETE":
            return self._deleted(call, there or {})
        if call.method not in {"PUT", "PATCH"}:
            raise RefusedError(HTTPStatus.METHOD_NOT_ALLOWED)
        return self._changed(call, key, there, place.subresource)

    def _created(self, call: Call, key: Key, there: Object | None) -> Object:
        if there is not None:
            raise RefusedError(HTTPStatus.CONFLICT, f'"{key[2]}" already exists')
        return self._kept(call, key, call.body, None)

    def _deleted(self, call: Call, there: Object) -> Object:
        wanted = (call.body or {}).get("preconditions") or {}
        if any(there["metadata"].get(name) != value for name, value in wanted.items()):
            raise RefusedError(HTTPStatus.CONFLICT, "the preconditions do not hold")
        if "dryRun" not in call.query:
            there["metadata"].setdefault("deletionTimestamp", self._time())
            self._controlled(there)
        return {"kind": "Status", "status": "Success"}

    def _controlled(self, found: Object) -> None:
        """Let controllers look at an object; one that is to go goes once nothing holds it."""
        if found["metadata"].get("deletionTimestamp") and not found["metadata"].get("finalizers"):
            self.objects.pop(self.key(found), None)
            self._applied.pop(self.key(found), None)
            self.reconcile(self, found)
            return
        self.reconcile(self, found)
        if found["metadata"].get("deletionTimestamp") and not found["metadata"].get("finalizers"):
            self._controlled(found)

    def _patch_of(self, call: Call) -> str:
        kind, _, _ = call.headers.get("Content-Type", "").partition(";")
        return PATCHES.get(kind, "") if call.method == "PATCH" else ""

    def _changed(self, call: Call, key: Key, there: Object | None, subresource: str) -> Object:
        wanted = self._wanted(call, key, there, subresource)
        if key[0] not in NO_STATUS_SUBRESOURCE:
            status, rest = (wanted, there or {}) if subresource == "status" else (there or {}, wanted)
            wanted = {each: value for each, value in rest.items() if each != "status"}
            wanted |= {"status": status["status"]} if "status" in status else {}
        return self._kept(call, key, wanted, there)

    def _wanted(self, call: Call, key: Key, there: Object | None, subresource: str) -> Object:
        """Return what an object shall be, before the server has its say."""
        patch = self._patch_of(call)
        if call.method == "PATCH" and not patch:
            raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        given = (call.body.get("metadata") or {}).get("resourceVersion")
        if call.method == "PUT" and not given:
            raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "metadata.resourceVersion: must be specified")
        if given and there and given != there["metadata"]["resourceVersion"]:
            raise RefusedError(HTTPStatus.CONFLICT, "the object has been modified; please apply your changes again")
        if patch == "merge":
            return dict(fake_objects.merge_patch(there, call.body))
        return self._apply(call, key, there, subresource) if patch == "apply" else call.body

    def _apply(self, call: Call, key: Key, there: Object | None, subresource: str) -> Object:
        manager, body = call.query.get("fieldManager"), call.body
        if not manager:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "fieldManager is required for apply patch")
        named = (body.get("kind"), body.get("apiVersion"), body["metadata"].get("name"))
        if named != (key[0], self.kinds_served[key[0]].api_version, key[2]):
            raise RefusedError(HTTPStatus.BAD_REQUEST, f"the object {named} is not that of the path")
        owner = (manager, subresource)
        applied = self._applied.setdefault(key, {})
        others = [each for name, each in applied.items() if name != owner]
        made = dict(fake_objects.apply_patch(there or {}, body, applied.get(owner), others))
        if "dryRun" not in call.query:
            applied[owner] = body
        return made

    def _kept(self, call: Call, key: Key, wanted: Object, there: Object | None) -> Object:
        """Keep an object as the server would, unless it is only a dry run; return it."""
        made = copy.deepcopy(wanted)
        old = there["metadata"] if there else {}
        named = {"name": key[2], **({"namespace": key[1]} if key[1] else {})}
        ours = {
            each: old[each] for each in ("uid", "creationTimestamp", "resourceVersion", "generation") if each in old
        }
        made["metadata"] = {**made.get("metadata", {}), **named, **ours}
        made |= {"apiVersion": self.kinds_served[key[0]].api_version, "kind": key[0]}
        if made == there:
            return made
        metadata = made["metadata"]
        metadata["resourceVersion"] = str(next(self._versions))
        if there is None:
            metadata |= {"uid": f"uid-{metadata['resourceVersion']}", "creationTimestamp": self._time()}
        if "spec" in made and made["spec"] != (there or {}).get("spec"):
            metadata["generation"] = old.get("generation", 0) + 1
        if "dryRun" not in call.query:
            self.objects[key] = made
            self._controlled(made)
        return copy.deepcopy(made)

    def _time(self) -> str:
        return self.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
