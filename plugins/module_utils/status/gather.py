"""Everything that status.json holds, asked of a cluster that nobody changes meanwhile on our account."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.credentials import logins, store
from ansible_collections.landfall.eks.plugins.module_utils.helm import storage
from ansible_collections.landfall.eks.plugins.module_utils.hosts import resolve
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster, root_cause
from ansible_collections.landfall.eks.plugins.module_utils.kube.proxy import Proxied
from ansible_collections.landfall.eks.plugins.module_utils.libraries.kubernetes import ApiException, HTTPError
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.prometheus import PrometheusError
from ansible_collections.landfall.eks.plugins.module_utils.preflight import chart_trust
from ansible_collections.landfall.eks.plugins.module_utils.rollout.wait import ReleaseWaiter
from ansible_collections.landfall.eks.plugins.module_utils.status import (
    addresses,
    certificates,
    lease,
    slos,
    summary,
    upstream,
)
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key
from ansible_collections.landfall.eks.plugins.module_utils.text.versions import is_newer

READY, ABSENT = "ready", "not installed"
UNRECORDED = "not recorded"
"""Where the chart of a release came from, if none of our runs has seen it ready."""
NOT_RUN = "not run"
SIMULATED = "simulated here: no Prometheus runs"

Status = dict[str, Any]
Newest = Callable[[dict[str, str]], dict[str, Any]]


@dataclass(frozen=True)
class StatusRequest:
    """What is asked for.

    `releases` are the specifications of the settings (roles/helm_release); `home` is platform_namespace; `prometheus`
    is the check of kind metrics, {release, namespace, service, port}, or empty where no component brings one;
    `real` are releases that run although the cluster is `simulated`; `hosts_file` is empty where none is written,
    `given` is what a person wrote down of it, and `ask` returns a load balancer's addresses by its name; `newest`
    returns {version, why} by release for the references of charts, None to leave upstream out.
    """

    cluster: str
    home: str
    releases: list[dict[str, Any]]
    prometheus: Mapping[str, str] = field(default_factory=dict)
    real: list[str] = field(default_factory=list)
    simulated: bool = False
    hosts_file: str = ""
    given: addresses.Given = addresses.NOTHING_GIVEN
    ask: Callable[[str], list[str]] = resolve.lookup
    newest: Newest | None = None


def prometheus_of(checks: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
    """Return the first of the components' checks that names Prometheus' Service; empty if there is none."""
    return next((each for each in checks if each["kind"] == "metrics"), {})


def gather(cluster: Cluster, wanted: StatusRequest, now: datetime | None = None) -> Status:
    """Return the content of status.json. Errors of the transport, and refusals, are the caller's."""
    now = now or datetime.now(UTC)
    rows = components(cluster, wanted)
    return {
        "cluster": wanted.cluster,
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "kubernetes": str(cluster.request("GET", "/version").get("gitVersion", "")),
        "simulated": wanted.simulated,
        "rollout": lease.read_lease(cluster, wanted.home),
        "components": rows,
        "unverified": unverified(cluster, wanted.releases),
        "certificates": certificates.rows(store.read(cluster), wanted.home, now),
        "credentials": credentials(cluster, wanted.home, now),
        "addresses": addresses.read_addresses(
            cluster, wanted.cluster, wanted.hosts_file, wanted.given, wanted.ask
        ).as_dict(),
        "slos": promises(cluster, wanted, rows),
    }


def components(cluster: Cluster, wanted: StatusRequest) -> list[dict[str, Any]]:
    """Return the rows of summary.json with `owner` (helm, argocd, nobody), `newest`, `newest_why` and `newer`.

    A release of the settings that is not there has a row too, whose health says so.
    """
    looked = {
        release_key(each["namespace"], each["name"]): {
            **_UNSETTLED,
            **{name: each[name] for name in _OF_A_RUN if name in each},
            "started": time.time(),
        }
        for each in wanted.releases
    }
    rows = summary.components(cluster, list(looked.values()), wanted.real, wanted.simulated, own=wanted.given.owned)
    others = set(looked) - {release_key(each["namespace"], each["release"]) for each in rows}
    rows += [_unrecorded(cluster, looked[key], wanted) for key in sorted(others)]
    rows.sort(key=lambda row: str(row["release"]))
    refs = {each["name"]: each["chart"]["ref"] for each in wanted.releases}
    newest = wanted.newest(refs) if wanted.newest else {}
    return [_with_newest({**row, "owner": _owner(row)}, newest) for row in rows]


_OF_A_RUN = ("component", "name", "namespace", "chart", "ready")
_UNSETTLED = {"job": "", "identity": "", "source": "", "ready": [], "timeout": 86400}
"""A look is no waiting: whatever is not ready is told as it is, and not as late."""


def _unrecorded(cluster: Cluster, run: dict[str, Any], wanted: StatusRequest) -> dict[str, Any]:
    """Describe a release that Landfall has not recorded: there is none, it never became ready, or is others'."""
    live = storage.read_releases(cluster, run["namespace"])
    release = live.get(release_key(run["namespace"], run["name"]))
    row = {
        "name": run["component"],
        "release": run["name"],
        "namespace": run["namespace"],
        "chart": run["chart"]["ref"].rpartition("/")[2],
        "version": "",
        "source": "",
        "health": ABSENT,
        "urls": [],
        "simulated": False,
    }
    if release is None:
        return row
    waiter = ReleaseWaiter(cluster, [run])
    (outcome,) = waiter.poll().values()
    return row | {
        **waiter.chart(release),
        "source": UNRECORDED,
        "health": READY if outcome.phase == "ready" else outcome.message,
        "simulated": wanted.simulated and run["name"] not in wanted.real,
    }


def _owner(row: dict[str, Any]) -> str:
    if row["health"] == ABSENT:
        return "nobody"
    return "argocd" if row["source"] == "git" else "helm"


def _with_newest(row: dict[str, Any], newest: dict[str, Any]) -> dict[str, Any]:
    found = newest.get(
        row["release"], {"version": "", "why": "not our chart" if newest else "status_ask_upstream is false"}
    )
    newer = bool(found["version"] and row["version"] and row["owner"] == "helm")
    return {
        **row,
        "newest": found["version"] or upstream.NOT_ASKED,
        "newest_why": found["why"],
        "newer": newer and is_newer(found["version"], row["version"]),
    }


def unverified(cluster: Cluster, releases: list[dict[str, Any]]) -> list[str]:
    """Return the names of the releases that run a chart of which the settings have no SHA-256."""
    live = storage.read_releases(cluster)
    there = {each["name"]: live.get(release_key(each["namespace"], each["name"])) for each in releases}
    pins = {each["name"]: each["chart"] for each in releases}
    return sorted(name for name, each in there.items() if each and chart_trust.is_unverified(pins[name], each))


def credentials(cluster: Cluster, home: str, now: datetime) -> list[dict[str, Any]]:
    """Return {service, where, user, created, age, made} of each login; its password stays in this process."""
    return [
        {
            "service": each.service,
            "where": each.where,
            "user": each.user,
            "created": each.created,
            "age": logins.age(each.created, now),
            "made": bool(each.password),
        }
        for each in logins.read_keyring(cluster, home).logins
    ]


def promises(cluster: Cluster, wanted: StatusRequest, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return {state, why, rows}: `state` is asked, or not run for the reason `why`."""
    hindrance = _hindrance(cluster, wanted.prometheus, rows)
    if hindrance:
        return {"state": NOT_RUN, "why": hindrance, "rows": []}
    place = wanted.prometheus
    try:
        found = slos.rows(Proxied(cluster, place["namespace"], place["service"], place["port"]))
    except PrometheusError as error:
        return {"state": NOT_RUN, "why": f"Prometheus refuses: {error}", "rows": []}
    except ApiException as error:
        why = f"Prometheus does not answer through the API server ({error.status} {error.reason})"
        return {"state": NOT_RUN, "why": why, "rows": []}
    except HTTPError as error:
        return {"state": NOT_RUN, "why": f"Prometheus does not answer: {root_cause(error)}", "rows": []}
    return {"state": "asked", "why": "" if found else "Prometheus has recorded none yet", "rows": found}


def _hindrance(cluster: Cluster, place: Mapping[str, str], rows: list[dict[str, Any]]) -> str:
    """Return why Prometheus cannot be asked; empty if it can."""
    if not place:
        return "no component brings a Prometheus"
    if any(each["release"] == place["release"] and each["simulated"] for each in rows):
        return SIMULATED
    if cluster.get("v1", "Service", place["service"], place["namespace"]) is None:
        return f"there is no Service {place['namespace']}/{place['service']}"
    return ""
