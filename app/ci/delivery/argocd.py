"""What Argo CD says of an Application, by its API; a token that may `get` this one Application is enough.

The API and not a kubeconfig: such a token opens nothing but this view, port 443 of one address is all that a runner
must reach, and since Argo CD 3 the messages of single resources are only in the API's answers.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from delivery.errors import DeliveryError
from delivery.view import Holds, View
from delivery.web import Web

HEALTHY, DEGRADED = "Healthy", "Degraded"
FAILED_PHASES = {"Failed", "Error"}
REFRESH_EVERY = 5
"""Looks. A refresh makes Argo CD ask git at once, so that no webhook is needed; it costs git one question."""
SHORT = 12
MOST_CAUSES = 3
LATE = {"HorizontalPodAutoscaler"}
"""Kinds that are Degraded after every quick rollout, until there are metrics of the new pods: no fault of the image."""

Json = dict[str, Any]


def judge(application: Json, tag: str, holds: Holds, image_at: Callable[[str], str]) -> View:
    """Judge an Application's status: is the wanted commit, with the image `tag`, there and healthy?

    `image_at` returns the image's tag at a commit. Health is believed only once the Application was looked at again
    after its last operation, as `argocd app wait` does (Argo CD 3.5, cmd/argocd/commands/app.go).
    """
    status = application.get("status", {})
    revision = status.get("sync", {}).get("revision", "")
    troubles = _conditions(status)
    if not revision or not holds(revision):
        return View("waiting", f"is at {revision[:SHORT] or 'no commit'}, not at the bump yet{troubles}")
    if image_at(revision) != tag:
        return View("superseded", f"is at {revision[:SHORT]}, which deploys {image_at(revision)} by now")
    return _judge_sync(application, holds, troubles) or _judge_health(status, tag, troubles)


def _judge_sync(application: Json, holds: Holds, troubles: str) -> View | None:
    """Return what there is to say of a sync that is not through; None if it is."""
    status = application["status"]
    operation = status.get("operationState") or {}
    if application.get("operation") or (operation and not operation.get("finishedAt")):
        return View("waiting", f"is syncing{_said(operation.get('message'))}{troubles}")
    if operation.get("phase") in FAILED_PHASES and holds(_revision_of(operation)):
        return View("failed", f"could not sync{_said(operation.get('message'))}{_results(operation)}{troubles}")
    if status.get("sync", {}).get("status") != "Synced":
        return View("waiting", f"is OutOfSync{_out_of_sync(status)}{troubles}")
    if status.get("reconciledAt", "") < operation.get("finishedAt", ""):
        return View("waiting", "was not looked at again since it synced")
    return None


def _judge_health(status: Json, tag: str, troubles: str) -> View:
    health = status.get("health", {}).get("status", "Unknown")
    says = f"is {health}{_unhealthy(status)}{troubles}"
    if health == DEGRADED:
        return View("waiting" if _degraded(status) <= LATE else "failed", says)
    if health != HEALTHY:
        return View("waiting", says)
    images = status.get("summary", {}).get("images") or []
    if images and not any(tag in image.partition("@")[0].split(":") for image in images):
        return View("waiting", f"is Healthy, but runs no pod of {tag} yet")
    return View("healthy", "is Synced and Healthy")


def pods(tree: Json) -> list[str]:
    """Return a sentence's piece for each pod of a resource tree that is not healthy: name, reason, message."""
    found = []
    for node in tree.get("nodes") or []:
        health = node.get("health") or {}
        if node.get("kind") == "Pod" and health.get("status") not in {HEALTHY, None}:
            info = {each.get("name"): each.get("value") for each in node.get("info") or []}
            words = [info.get("Status Reason"), health.get("message")]
            found.append(
                f"Pod {node.get('name')}: {': '.join(str(word) for word in words if word) or health['status']}"
            )
    return found


def _said(message: object) -> str:
    return f": {message}" if message else ""


def _revision_of(operation: Json) -> str:
    result = operation.get("syncResult") or operation.get("operation", {}).get("sync") or {}
    return str(result.get("revision", ""))


def _results(operation: Json) -> str:
    resources = (operation.get("syncResult") or {}).get("resources") or []
    return _listed(f"{each['kind']} {each['name']}: {each.get('message')}" for each in resources if _bad(each))


def _bad(resource: Json) -> bool:
    return resource.get("status") == "SyncFailed" or resource.get("hookPhase") in FAILED_PHASES


def _out_of_sync(status: Json) -> str:
    resources = status.get("resources") or []
    return _listed(f"{each['kind']} {each['name']}" for each in resources if each.get("status") == "OutOfSync")


def _unhealthy(status: Json) -> str:
    pieces = []
    for each in status.get("resources") or []:
        health = each.get("health") or {}
        if health.get("status") not in {HEALTHY, None}:
            pieces.append(f"{each['kind']} {each['name']}: {health.get('message') or health['status']}")
    return _listed(pieces)


def _degraded(status: Json) -> set[str]:
    """Return the kinds of what is Degraded; "Unknown" where Argo CD does not say."""
    resources = [each for each in status.get("resources") or [] if (each.get("health") or {}).get("status") == DEGRADED]
    return {each["kind"] for each in resources} or {"Unknown"}


def _conditions(status: Json) -> str:
    conditions = status.get("conditions") or []
    return _listed(f"{each['type']}: {each.get('message')}" for each in conditions if each["type"].endswith("Error"))


def _listed(pieces: Any) -> str:
    return "".join(f"; {piece}" for piece in list(pieces)[:MOST_CAUSES])


class ArgoCD:
    """One Application of an Argo CD."""

    def __init__(self, tag: str, holds: Holds, image_at: Callable[[str], str], environ: Mapping[str, str] = os.environ):
        """Take ARGOCD_SERVER, ARGOCD_AUTH_TOKEN and ARGOCD_APP from `environ`. Raises DeliveryError."""
        server, token = environ.get("ARGOCD_SERVER", ""), environ.get("ARGOCD_AUTH_TOKEN", "")
        if not token:
            raise DeliveryError("ARGOCD_AUTH_TOKEN is missing: write a token that may get the Application.")
        self.name = environ.get("ARGOCD_APP") or "flask-app"
        self._web = Web(server if "://" in server else f"https://{server}", token, environ)
        self._tag, self._holds, self._image_at = tag, holds, image_at
        self._namespace = environ.get("ARGOCD_APP_NAMESPACE", "")
        self._looks = 0

    def check(self) -> None:
        """Raise DeliveryError if the Application cannot be looked at."""
        self._get()

    def look(self) -> View:
        """Return what Argo CD says now, with the pods' own words where the Application is not healthy."""
        refresh = self._looks % REFRESH_EVERY == 0
        self._looks += 1
        view = judge(self._get(refresh="normal") if refresh else self._get(), self._tag, self._holds, self._image_at)
        if view.state == "failed" or (view.state == "waiting" and refresh):
            pieces = pods(self._get("/resource-tree"))
            return View(view.state, view.says + _listed(pieces))
        return view

    def _get(self, below: str = "", **query: str) -> Json:
        query |= {"appNamespace": self._namespace} if self._namespace else {}
        answer = self._web.ask(f"/api/v1/applications/{self.name}{below}{'?' if query else ''}{urlencode(query)}")
        if not isinstance(answer, dict):
            raise DeliveryError(f"Argo CD answers no Application for {self.name}.")
        return answer
