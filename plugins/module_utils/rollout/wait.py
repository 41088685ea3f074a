"""Waiting for releases side by side: Helm's job ended, its objects are ready, its `ready` rows hold."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm import storage
from ansible_collections.landfall.eks.plugins.module_utils.helm.state import Decision, Live, State, Wanted, decide
from ansible_collections.landfall.eks.plugins.module_utils.kube import masking, readiness
from ansible_collections.landfall.eks.plugins.module_utils.kube.autoscaling import makes_nodes
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.kube.snapshot import Address, Snapshots
from ansible_collections.landfall.eks.plugins.module_utils.libraries.kubernetes import ApiException
from ansible_collections.landfall.eks.plugins.module_utils.rollout import balancers, diagnosis, patience, unplaced
from ansible_collections.landfall.eks.plugins.module_utils.rollout.outcomes import (
    HELM_AT_WORK,
    Late,
    Outcome,
    job_outcome,
    waiting_for,
)
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key

POLL_SECONDS = 0.5
LOOK_SECONDS = 3.0
"""How often the cluster is asked why a release is not ready yet."""
UNFINISHED = {State.ABSENT, State.LOCKED, State.FAILED}
"""States in which no release is left whose rollout went well."""
HOOK_FAILED = re.compile(r"hooks? .*failed|hooks failed")
WORKLOAD_API = {"Deployment": "apps/v1", "StatefulSet": "apps/v1", "DaemonSet": "apps/v1", "Job": "batch/v1"}

Run = dict[str, Any]
"""What one run knows of a release: {name, namespace, job, identity, source, ready, timeout, started, calls, delivery}.

`job` is the file in which Helm's background job leaves its result, empty for a release that was not started; `started`
is the epoch second at which waiting began; `timeout` is in seconds; `calls` is how often Helm was called, once where it
is left out; `delivery` is helm, also where it is left out, or argocd: then the `ready` rows alone count, and with
`forget` Helm's record goes once they hold. `applied` says that objects were changed without this job: those that its
component applies itself, or all by a rollback. That and `patience`, in seconds too, may be left out."""
Record = dict[str, Any]
"""What is kept of Helm's record of a revision: {workloads, chart}, objects of its manifest and its chart's metadata."""


@dataclass
class Trouble:
    """What keeps a late object from being ready, and how long that is waited for."""

    late: Late
    cause: str
    kind: patience.Kind

    @property
    def name(self) -> str:
        """What it is remembered by."""
        return f"{self.kind} {self.late.message.partition(': ')[0]}"


class ReleaseWaiter:
    """Polls a set of releases until each is ready or has failed."""

    def __init__(self, cluster: Cluster, runs: list[Run]) -> None:
        """Take the runs to wait for, in the order in which they are reported."""
        self.cluster = cluster
        self.runs = {release_key(run["namespace"], run["name"]): run for run in runs}
        self.seen = {key: patience.remembered(run["job"]) for key, run in self.runs.items()}
        self.live: dict[str, storage.Release] = {}
        self.records: dict[tuple[str, str], Record] = {}
        self.objects = Snapshots(cluster)

    def wait(self, seconds: float) -> dict[str, Outcome]:
        """Poll until all are done or `seconds` are over; return the outcome of each by `namespace/name`."""
        deadline = time.monotonic() + seconds
        outcomes = self.poll()
        while self._running(outcomes):
            look = min(time.monotonic() + LOOK_SECONDS, deadline)
            while time.monotonic() < look and self._running(outcomes):
                time.sleep(POLL_SECONDS)
                outcomes.update(self.poll(self._running(outcomes)))
            for key in self._running(outcomes):
                outcomes[key] = self._looked_at(key, outcomes[key])
            if look == deadline:
                break
        for key, outcome in outcomes.items():
            if outcome.phase == "failed":
                outcome.message = self._without_secrets(self.runs[key], outcome.message)
        return outcomes

    def _without_secrets(self, run: Run, text: str) -> str:
        """Return a text without what the Secrets of a release's namespace hold."""
        try:
            secrets = self.cluster.list("v1", "Secret", run["namespace"], masking.NO_RECORDS)
        except ApiException:  # what looks like a secret is masked in any text
            secrets = []
        return masking.masked_text(text, masking.secret_values(secrets))

    def poll(self, keys: list[str] | None = None) -> dict[str, Outcome]:
        """Judge once the releases of `keys`, or all."""
        # The jobs first: of a job that has ended, the records read afterwards are the final ones.
        jobs = {key: job_outcome(self.runs[key]["job"]) for key in keys or self.runs}
        self.live = storage.read_releases(self.cluster)
        early = {key: self._early(self.runs[key], helm, self.live.get(key)) for key, helm in jobs.items()}
        looked_at = [key for key, outcome in early.items() if outcome is None]
        self._read_records(self.live[key] for key in looked_at if not delivered_by_argocd(self.runs[key]))
        rows = {key: self._rows(self.runs[key]) for key in looked_at}
        found = self.objects.read(address_of(row) for each in rows.values() for row in each)
        return {
            key: outcome or self._outcome(self.runs[key], self._judged(self.runs[key], rows[key], found))
            for key, outcome in early.items()
        }

    def _judged(self, run: Run, rows: list[dict[str, Any]], found: Mapping[Address, dict[str, Any] | None]) -> Outcome:
        """Judge all rows of a release; once they hold, its load balancers too, if the run may have changed them."""
        judged = self._placed(missing(rows, found))
        if judged.phase != "ready" or not (run["job"] or run.get("applied")):
            return judged
        services = [each for row in rows if (each := found[address_of(row)]) and balancers.is_ours(each)]
        late = [
            Late(f"Service {each['metadata']['name']}: {lack}", each)
            for each in services
            if (lack := balancers.lacking(self.cluster, each))
        ]
        return waiting_for(late, judged.wanted) if late else judged

    def chart(self, release: storage.Release) -> dict[str, str]:
        """Return {chart, version} of a release, from Helm's record."""
        self._read_records([release])
        chart = self.records[_place(release)]["chart"]
        return {"chart": chart["name"], "version": str(chart["version"])}

    @staticmethod
    def _running(outcomes: dict[str, Outcome]) -> list[str]:
        return [key for key, each in outcomes.items() if each.phase == "running"]

    def _early(self, run: Run, helm: Outcome, release: storage.Release | None) -> Outcome | None:
        """Return the outcome of a release whose objects are not looked at yet; None for any other."""
        if delivered_by_argocd(run):
            return None
        if helm.phase != "ready":
            return self._in_time(run, helm)
        decision = _decision(run, release)
        if release is None or decision.state in UNFINISHED:
            return Outcome("failed", decision.reason)
        return None

    def _placed(self, judged: Outcome) -> Outcome:
        """Return an outcome that waits for no DaemonSet on nodes without room; one that is ready says which those are.

        They are looked at only once nothing else is late.
        """
        late = [each.found or {} for each in judged.late]
        if not late or any(each.get("kind") != "DaemonSet" for each in late):
            return judged
        full = [unplaced.full_nodes(self.cluster, each) for each in late]
        return Outcome("ready", "; ".join(full), have=judged.have, wanted=judged.wanted) if all(full) else judged

    def _outcome(self, run: Run, judged: Outcome) -> Outcome:
        """Return the outcome of a release by its objects, and note on one that is ready what it was made of.

        What Helm still knows of one that Argo CD delivers is forgotten once it is there.
        """
        if judged.phase == "running":
            return self._in_time(run, judged)
        if delivered_by_argocd(run):
            forgetting = bool(run.get("forget"))
            judged.changed = forgetting and storage.forget(self.cluster, run["namespace"], run["name"])
            return judged
        release = self.live[release_key(run["namespace"], run["name"])]
        if run["identity"] and _decision(run, release).state is State.OUT_OF_SYNC:
            storage.note_identity(self.cluster, release, run["identity"], run["source"])
            judged.changed = True
        return judged

    def _in_time(self, run: Run, outcome: Outcome) -> Outcome:
        """Turn a release that is late into a failed one, with the cause that the cluster gives."""
        in_time = time.time() - float(run["started"]) < float(run["timeout"])
        if outcome.phase != "failed" and in_time:
            return outcome
        late = "" if outcome.phase == "failed" else f"not ready after {run['timeout']} s: "
        cause = self._cause(run, outcome, logs=True)
        return Outcome(
            "failed", diagnosis.explained(late + outcome.message, cause), passing=outcome.passing and in_time
        )

    def _looked_at(self, key: str, outcome: Outcome) -> Outcome:
        """Say why a release is not ready yet, and give it up once that has lasted too long."""
        run, now = self.runs[key], time.time()
        bearable = float(run.get("patience", patience.PATIENCE_SECONDS))
        troubles = self._troubles(run, outcome)
        seen = self.seen[key] = patience.noted(self.seen[key], [each.name for each in troubles], now)
        patience.remember(run["job"], seen)
        for each in troubles:
            if now - seen[each.name][0] >= patience.limit(each.kind, bearable, lambda: makes_nodes(self.cluster)):
                return self._given_up(each, bearable)
        cause = diagnosis.short(troubles[0].cause) if troubles else self._cause(run, outcome)
        outcome.message = troubles[0].late.message if troubles else outcome.message
        outcome.cause = diagnosis.unsaid(outcome.message, cause)
        return outcome

    def _given_up(self, trouble: Trouble, bearable: float) -> Outcome:
        found = trouble.late.found
        cause = found and diagnosis.standing_cause(self.cluster, found, logs=True)
        text = patience.given_up(trouble.kind, bearable) + trouble.late.message
        return Outcome("failed", diagnosis.explained(text, diagnosis.short(cause or trouble.cause)))

    def _troubles(self, run: Run, outcome: Outcome) -> list[Trouble]:
        """Return what is known to keep what is late, or a hook while Helm is at work, from being ready."""
        late = outcome.late
        if outcome.message == HELM_AT_WORK:
            own = self._hooks(run)
            found = diagnosis.hooks(self.cluster, run["namespace"])
            late = [Late(text, job) for text, job in found if job["metadata"]["name"] in own]
        causes = [(each, diagnosis.standing_cause(self.cluster, each.found)) for each in late if each.found]
        judged = [(each, cause, patience.kind_of(cause, each.found)) for each, cause in causes]
        return [
            Trouble(each, cause, kind)
            for each, cause, kind in judged
            if kind and not (patience.NO_ROOM.search(cause) and diagnosis.makes_room(self.cluster, each.found or {}))
        ]

    def _cause(self, run: Run, outcome: Outcome, *, logs: bool = False) -> str:
        """Return what the cluster says of the object that is waited for, or of a hook while Helm is at work."""
        if outcome.late and outcome.late[0].found is not None:
            return diagnosis.cause_of(self.cluster, outcome.late[0].found, logs=logs)
        if HOOK_FAILED.search(outcome.message) or outcome.message == HELM_AT_WORK:
            return diagnosis.hook_cause(self.cluster, run["namespace"], logs=logs)
        return ""

    def _hooks(self, run: Run) -> set[str]:
        """Return the names of the hooks in a release's newest revision: its namespace may hold those of others."""
        release = self.live.get(release_key(run["namespace"], run["name"]))
        secret = release and self.cluster.get("v1", "Secret", release["secret"], release["namespace"])
        record = storage.decode_release(secret) if secret else {}
        return {str(hook.get("name")) for hook in record.get("hooks") or []}

    def _rows(self, run: Run) -> list[dict[str, Any]]:
        """Return the rows by which a release is judged: workloads, as their kind's own predicate does, then its own."""
        if delivered_by_argocd(run):
            return list(run["ready"])
        release = self.live[release_key(run["namespace"], run["name"])]
        workloads = [
            {
                "api_version": each["apiVersion"],
                "kind": each["kind"],
                "name": each["metadata"]["name"],
                "namespace": reference_namespace(each, run),
            }
            for each in self.records[_place(release)]["workloads"]
        ]
        return [*workloads, *run["ready"]]

    def _read_records(self, releases: Iterable[storage.Release]) -> None:
        """Read Helm's records that are not known yet; each is decoded once."""
        new = {_place(each): each for each in releases if _place(each) not in self.records}
        read = storage.read_records(self.cluster, new.values())
        # One that has just been relabelled is not in the list.
        read |= {place: self._record(each) for place, each in new.items() if place not in read}
        for place, record in read.items():
            objects = storage.manifest_objects(record)
            workloads = [each for each in objects if WORKLOAD_API.get(each["kind"]) == each["apiVersion"]]
            self.records[place] = {"workloads": workloads, "chart": record["chart"]["metadata"]}

    def _record(self, release: storage.Release) -> dict[str, Any]:
        secret = self.cluster.get("v1", "Secret", release["secret"], release["namespace"]) or {}
        return storage.decode_release(secret)


def missing(rows: list[dict[str, Any]], found: Mapping[Address, dict[str, Any] | None]) -> Outcome:
    """Judge all rows: how many hold, and of the first that does not, what it is about."""
    late = [
        Late(f"{row['kind']} {row['name']}: {verdict}", found[address_of(row)])
        for row in rows
        if (verdict := readiness.row(row, found[address_of(row)]))
    ]
    return waiting_for(late, len(rows))


def address_of(row: dict[str, Any]) -> Address:
    """Return where the object of a row is."""
    return Address(row["api_version"], row["kind"], row.get("namespace") or "", row["name"])


def _place(release: storage.Release) -> tuple[str, str]:
    """Return where Helm keeps the record of a revision."""
    return release["namespace"], release["secret"]


def _decision(run: Run, release: storage.Release | None) -> Decision:
    return decide(Live((release,) if release else ()), Wanted(run["identity"]))


def delivered_by_argocd(run: Run) -> bool:
    """Say whether Argo CD owns a release."""
    return run.get("delivery") == "argocd"


def reference_namespace(reference: dict[str, Any], run: Run) -> str:
    """Return the namespace of an object in a manifest: its own, else its release's."""
    return str(reference["metadata"].get("namespace") or run["namespace"])
