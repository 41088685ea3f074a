"""How long what is wrong with a release is waited for: not long where waiting cannot cure it, else its patience."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 300
"""What may pass gets this long, unless a run names another `patience`."""
GRACE_SECONDS = 45
"""What waiting cannot cure gets this long: a quota that old pods still take, or a Secret made a moment too late."""
FORGOTTEN_SECONDS = 60
"""What may pass and was not seen for this long is over: a container runs between two crashes."""

Seen = dict[str, list[float]]
"""When each trouble was seen first and last, in epoch seconds, by its name."""


class Kind(StrEnum):
    """What waiting does to a trouble; ROOM passes once there is a node, so an autoscaler has the whole timeout."""

    HOPELESS = "hopeless"
    PASSING = "passing"
    ROOM = "room"


IMAGE = re.compile(r"\bcontainer \S+: (ErrImagePull|ImagePullBackOff|RegistryUnavailable)\b")
NO_IMAGE = re.compile(
    r"manifest (unknown|for .* not found)|code = NotFound|: not found\b|pull access denied|authorization failed"
    r"|no basic auth credentials|requested access to the resource is denied|unauthorized:"
    r"|40[13] (unauthorized|forbidden)",
    re.IGNORECASE,
)
"""What a registry says of an image that it does not have, or does not give to this node."""
BUSY = re.compile(
    r"\b429\b|too ?many ?requests|rate limit|\b5\d\d [a-z]|time(d )?[ -]?out|deadline exceeded|no such host"
    r"|connection (refused|reset)|\bEOF\b",
    re.IGNORECASE,
)
"""What a registry, or the way to it, says that may pass, also where words of NO_IMAGE stand beside them."""

KINDS: tuple[tuple[str, Kind], ...] = (
    # Admission, the quota of the namespace among it: no pod is made.
    (r"^FailedCreate: .*(is forbidden|is invalid|denied (the )?request)", Kind.HOPELESS),
    (r"\bcontainer \S+: InvalidImageName\b", Kind.HOPELESS),
    (r"\bcontainer \S+: CreateContainerConfigError .*(not found|couldn't find key|runAsNonRoot)", Kind.HOPELESS),
    (r"\bcontainer \S+: (CrashLoopBackOff\b|.*\(last exit code \d)", Kind.PASSING),
    (r"\bits volume \S+ is not bound|unbound immediate PersistentVolumeClaims", Kind.ROOM),
    (r"nodes are available: .*(Insufficient (cpu|memory|pods)|Too many pods)", Kind.ROOM),
    (r"nodes are available: .*didn't have free ports", Kind.PASSING),
    # The load balancer controller, on what AWS answers: permissions that a role has just got, too many requests.
    (r"^Failed(Build|Deploy)Model: .*operation error", Kind.PASSING),
    (r"^FailedBuildModel: ", Kind.HOPELESS),
    (r"^FailedDeployModel: ", Kind.PASSING),
)
NO_ROOM = re.compile(r"\bnodes are available: ")
"""What the scheduler says of a pod that it cannot place."""


def kind_of(cause: str, found: Mapping[str, Any] | None = None) -> Kind | None:
    """Return what waiting does to a cause, as diagnosis.standing_cause words it; None where nobody knows.

    `found` is the object that it keeps from being ready: no new node helps a DaemonSet whose pod finds no room.

    >>> kind_of('pod a-1: container a: ErrImagePull failed to resolve reference "example.org/a:1": not found')
    <Kind.HOPELESS: 'hopeless'>
    >>> kind_of("pod a-1: container a: ErrImagePull failed to copy: 429 Too Many Requests")
    <Kind.PASSING: 'passing'>
    """
    if IMAGE.search(cause):
        return Kind.HOPELESS if NO_IMAGE.search(cause) and not BUSY.search(cause) else Kind.PASSING
    kind = next((kind for pattern, kind in KINDS if re.search(pattern, cause)), None)
    on_its_node = kind is Kind.ROOM and (found or {}).get("kind") == "DaemonSet"
    return Kind.PASSING if on_its_node else kind


def noted(seen: Mapping[str, list[float]], names: Iterable[str], now: float) -> Seen:
    """Return `seen` with the troubles that are there now, and without those that are over."""
    there = {name: [seen.get(name, [now])[0], now] for name in names}
    between = {
        name: times
        for name, times in seen.items()
        if name not in there and name.startswith(Kind.PASSING) and now - times[1] < FORGOTTEN_SECONDS
    }
    return {**between, **there}


def remembered(job: str) -> Seen:
    """Return what an earlier wait for a release has seen; nothing if Helm was not started for it, so `job` is empty."""
    with suppress(OSError, ValueError):
        seen: Seen = json.loads(_beside(job).read_text(encoding="utf-8")) if job else {}
        return seen
    return {}


def remember(job: str, seen: Seen) -> None:
    """Keep what was seen beside the result of Helm's `job`: a run waits for a release in several short calls."""
    if job:
        with suppress(OSError):
            _beside(job).write_text(json.dumps(seen), encoding="utf-8")


def _beside(job: str) -> Path:
    return Path(f"{job}.seen")


def limit(kind: Kind, patience: float, makes_nodes: Callable[[], bool]) -> float:
    """Return the seconds after which a trouble is not waited for any longer; `makes_nodes` is asked only for ROOM."""
    match kind:
        case Kind.HOPELESS:
            return min(GRACE_SECONDS, patience)
        case Kind.ROOM if makes_nodes():
            return math.inf
        case _:
            return patience


def given_up(kind: Kind, patience: float) -> str:
    """Return how the sentence on a release begins that is not waited for any longer."""
    return (
        "waiting does not help: " if kind is Kind.HOPELESS else f"still failing after its patience of {patience:g} s: "
    )
