"""The steps that a rotation is made of. Each may be done again: what is killed between two of them goes on later."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.credentials.ages import found_in
from ansible_collections.landfall.eks.plugins.module_utils.credentials.ca import NEXT
from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import (
    ANNOTATION_FOUND_IN,
    ANNOTATION_ROTATION,
    Item,
    fill,
    placeholders_of,
)
from ansible_collections.landfall.eks.plugins.module_utils.credentials.passwords import complete_password
from ansible_collections.landfall.eks.plugins.module_utils.credentials.plan import (
    Secret,
    annotations_of,
    decoded,
    life_of,
)
from ansible_collections.landfall.eks.plugins.module_utils.credentials.store import FIELD_MANAGER
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.libraries.kubernetes import ApiException

PAUSE_SECONDS = 1.0
PASSWORD = ("password", "created", "password_bcrypt")
TOKEN = ("token", "token_created")
"""Keys of an original that are replaced together: it, when it was made, and its further forms."""


class RotationError(Exception):
    """One sentence on what keeps a rotation from going on; nothing is lost, and running it again goes on from there."""


@dataclass(frozen=True)
class RotationContext:
    """The cluster, the namespace of the originals, the time in UTC, and how long to wait for a workload.

    `permitted` are the names that a certificate authority that is made may sign, beside those of the certificates.
    """

    cluster: Cluster
    home: str
    now: datetime
    timeout: float = 600
    permitted: tuple[str, ...] = ()
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def until(self, look: Callable[[], Any], sentence: str) -> Any:
        """Return what `look` returns once that is true.

        Raises RotationError with the sentence after the timeout.
        """
        deadline = self.clock() + self.timeout
        while not (seen := look()):
            if self.clock() >= deadline:
                raise RotationError(f"{sentence} after {self.timeout:.0f} s; run this again, it goes on from there.")
            self.sleep(PAUSE_SECONDS)
        return seen


@dataclass(frozen=True)
class Subject:
    """A credential and how it is rotated, all of it read from its original.

    `forms` are the keys of the delivered Secret with templates as texts; `restart` and `needs` are workloads as
    (namespace, kind, name). `parts` are the keys of the original that it is: those of the password, or of the token
    beside it (Argo CD's signing key), which is rotated by a name of its own.
    """

    name: str
    kind: str
    method: str
    namespace: str
    secret: str
    original: Secret
    forms: dict[str, str] = field(default_factory=dict)
    how: dict[str, Any] = field(default_factory=dict)
    parts: tuple[str, ...] = PASSWORD

    @classmethod
    def read(cls, original: Secret) -> Subject | None:
        """Read an original; None for one that does not say how it is rotated, as one from before does not."""
        said = annotations_of(original)
        if ANNOTATION_ROTATION not in said:
            return None
        how = json.loads(said[ANNOTATION_ROTATION])
        namespace, _unused, secret = how["secret"].partition("/")
        method = how.get("method") or ("secret" if how["kind"] == "password" else "")
        name, forms = original["metadata"]["name"], _of_parts(how.get("data", {}), PASSWORD)
        return cls(name, how["kind"], method, namespace, secret, original, forms, how)

    @property
    def token(self) -> Subject | None:
        """The token beside the password; None if there is none that has a name."""
        how = self.how.get("token")
        forms = _of_parts(self.how.get("data", {}), TOKEN)
        return replace(self, name=how["name"], how=how, forms=forms, parts=TOKEN) if how else None

    @property
    def data(self) -> dict[str, str]:
        """The original's data as text."""
        return decoded(self.original) or {}

    @property
    def staged(self) -> bool:
        """Whether a rotation was begun and not ended."""
        return f"{NEXT}{self.parts[0]}" in self.data

    @property
    def following(self) -> dict[str, str]:
        """The original's data as it will be, of one that is staged."""
        data = self.data
        coming = {key: data[f"{NEXT}{key}"] for key in self.parts if f"{NEXT}{key}" in data}
        return {key: value for key, value in data.items() if not key.startswith(NEXT)} | coming

    def workloads(self, named: str) -> list[tuple[str, str, str]]:
        """Return the workloads that the rotation names under `restart` or `needs`."""
        parts = [each.split("/") for each in self.how.get(named, [])]
        return [(each[-3] if len(each) > 2 else self.namespace, each[-2], each[-1]) for each in parts]  # noqa: PLR2004


def _of_parts(forms: Mapping[str, str], parts: tuple[str, ...]) -> dict[str, str]:
    """Return the forms that some parts of an original are put into."""
    return {key: template for key, template in forms.items() if placeholders_of(template) & set(parts)}


def read_again(context: RotationContext, subject: Subject) -> Subject:
    """Return the subject as its original is now."""
    name = subject.original["metadata"]["name"]
    original = context.cluster.get("v1", "Secret", name, context.home)
    found = Subject.read(original) if original else None
    if found and subject.parts == TOKEN:
        found = found.token
    if found is None:
        raise RotationError(f"Secret {context.home}/{name} is gone: run site.yml, which recreates it.")
    return found


def check(context: RotationContext, subject: Subject) -> None:
    """Check everything that the rotation will need. Raises RotationError before anything is changed."""
    place = f"{subject.namespace}/{subject.secret}"
    if context.cluster.get("v1", "Secret", subject.secret, subject.namespace) is None:
        raise RotationError(f"Secret {place} is not there: run site.yml, which delivers it.")
    for where in [*subject.workloads("restart"), *subject.workloads("needs")]:
        if _workload(context, where) is None:
            raise RotationError(f"{_named(where)} is not there, which reads {place}: run site.yml, then this again.")
    for where in subject.workloads("needs"):
        if not ((_workload(context, where) or {}).get("status") or {}).get("readyReplicas"):
            raise RotationError(f"{_named(where)} is not ready, and it recreates {place}: wait until it is ready.")


def stage(context: RotationContext, subject: Subject) -> Subject:
    """Keep a new password, or token, beside the old one; nobody uses it yet."""
    if subject.staged:
        return subject
    data = subject.data
    # Only the forms that are in use.
    wanted = Item(subject.name, "password", subject.secret, subject.namespace, (), len(data["password"]), subject.forms)
    made = complete_password(wanted, {}, context.now)
    patch_secret(context, subject.original, {f"{NEXT}{key}": made[key] for key in subject.parts if key in made})
    return read_again(context, subject)


def deliver(context: RotationContext, subject: Subject) -> None:
    """Put the next password where its readers look; what else is in that Secret stays."""
    there = context.cluster.get("v1", "Secret", subject.secret, subject.namespace)
    if there is None:
        raise RotationError(f"Secret {subject.namespace}/{subject.secret} is gone: run site.yml, which delivers it.")
    wanted = {key: fill(template, subject.following) for key, template in subject.forms.items()}
    known = decoded(there) or {}
    if {key: known.get(key) for key in wanted} != wanted:
        patch_secret(context, there, wanted)


def restart(context: RotationContext, subject: Subject) -> None:
    """Replace the pods of those that read the Secret once, when they start; wait until the new ones are there."""
    mark = {f"landfall.eks/rotated-{subject.name}"[:76]: subject.following[subject.parts[1]]}
    for where in subject.workloads("restart"):
        found = _workload(context, where)
        if found is None:
            raise RotationError(f"{_named(where)} is gone: run site.yml, then this again.")
        template = found["spec"]["template"].get("metadata") or {}
        if not mark.items() <= (template.get("annotations") or {}).items():
            path = context.cluster.resource_path("apps/v1", where[1], where[0], where[2])
            changes = {"spec": {"template": {"metadata": {"annotations": mark}}}}
            context.cluster.patch(str(path), changes, manager=FIELD_MANAGER)
    for where in subject.workloads("restart"):
        context.until(partial(_is_replaced, context, where), f"{_named(where)} is not replaced")


def promote(context: RotationContext, subject: Subject) -> None:
    """Let the next password, or token, be the only one."""
    there = subject.data
    # A form of the old password that nobody reads any more goes with it.
    data = {key: there.get(f"{NEXT}{key}") for key in subject.parts if key in there or f"{NEXT}{key}" in there}
    data |= {f"{NEXT}{key}": None for key in subject.parts if f"{NEXT}{key}" in there}
    patch_secret(context, subject.original, data, life_of(subject.following))


def recreate(context: RotationContext, subject: Subject) -> None:
    """Delete a Secret that an operator recreates, with a new password, and wait until it has."""
    place = found_in(subject.original) or (subject.namespace, subject.secret)
    key = annotations_of(subject.original)[ANNOTATION_FOUND_IN].rpartition("/")[2]
    there = context.cluster.get("v1", "Secret", place[1], place[0])
    old = there["metadata"]["uid"] if there else ""
    if old:
        context.cluster.delete(f"/api/v1/namespaces/{place[0]}/secrets/{place[1]}", preconditions={"uid": old})

    def is_new() -> bool:
        found = context.cluster.get("v1", "Secret", place[1], place[0])
        return found is not None and found["metadata"]["uid"] != old and bool((found.get("data") or {}).get(key))

    context.until(is_new, f"Secret {'/'.join(place)} was not recreated by its operator")


def patch_secret(
    context: RotationContext, there: Secret, data: Mapping[str, str | None], annotations: dict[str, str] | None = None
) -> None:
    """Change keys of a Secret, None for one that goes; only as it was read: nobody else's change is written over.

    Raises RotationError if it is another one by now.
    """
    metadata = there["metadata"]
    changes = {
        "metadata": {"resourceVersion": metadata.get("resourceVersion"), "annotations": annotations or {}},
        "data": {key: value and base64.b64encode(value.encode()).decode() for key, value in data.items()},
    }
    path = f"/api/v1/namespaces/{metadata['namespace']}/secrets/{metadata['name']}"
    try:
        context.cluster.patch(path, changes, manager=FIELD_MANAGER)
    except ApiException as error:
        if error.status != HTTPStatus.CONFLICT:
            raise
        place = f"{metadata['namespace']}/{metadata['name']}"
        raise RotationError(f"Secret {place} was changed meanwhile by somebody else: run this again.") from error


def _workload(context: RotationContext, where: tuple[str, str, str]) -> dict[str, Any] | None:
    return context.cluster.get("apps/v1", where[1], where[2], where[0])


def _named(where: tuple[str, str, str]) -> str:
    return f"{where[1]} {where[0]}/{where[2]}"


def _is_replaced(context: RotationContext, where: tuple[str, str, str]) -> bool:
    found = _workload(context, where)
    if found is None:
        return False
    spec, status = found["spec"], found.get("status") or {}
    if status.get("observedGeneration", 0) < found["metadata"].get("generation", 0):
        return False
    if found["kind"] == "DaemonSet":
        wanted = status.get("desiredNumberScheduled", 0)
        counts = [status.get("updatedNumberScheduled", 0), status.get("numberAvailable", 0)]
    else:
        wanted = spec.get("replicas", 1)
        counts = [status.get(key, 0) for key in ("updatedReplicas", "readyReplicas", "replicas")]
    return all(count == wanted for count in counts)
