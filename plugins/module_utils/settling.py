"""Waiting for releases side by side: Helm's job ended, its objects are ready, its `ready` rows hold."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils import diagnosis, helm_storage, readiness
from ansible_collections.landfall.eks.plugins.module_utils.cluster_client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.digests import release_key

POLL_SECONDS = 0.5
WORKLOAD_API = {"Deployment": "apps/v1", "StatefulSet": "apps/v1", "DaemonSet": "apps/v1", "Job": "batch/v1"}

Run = dict[str, Any]
"""What one run knows of a release: {name, namespace, job, identity, source, ready, timeout, started, delivery}.

`job` is the file in which Helm's background job leaves its result, empty for a release that was not started; `started`
is the epoch second at which waiting began; `timeout` is in seconds; `delivery` is helm, also where it is left out, or
argocd: then the `ready` rows are all there is to look at, and with `forget` Helm's record goes once they hold."""


@dataclass
class Outcome:
    """How a release stands: `phase` is running, ready or failed; `message` says what it waits for or why it failed."""

    phase: str
    message: str = ""
    changed: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome as a module returns it."""
        return {"phase": self.phase, "message": self.message, "changed": self.changed}


class Settler:
    """Looks at a set of releases again and again until each is ready or has failed."""

    def __init__(self, cluster: Cluster, runs: list[Run]) -> None:
        """Take the runs to settle, in the order in which they are to be reported."""
        self.cluster = cluster
        self.runs = {release_key(run["namespace"], run["name"]): run for run in runs}
        self.manifests: dict[str, list[dict[str, Any]]] = {}

    def settle(self, seconds: float) -> dict[str, Outcome]:
        """Look until all are done or `seconds` are over; return the outcome of each by `namespace/name`."""
        deadline = time.monotonic() + seconds
        outcomes = self.look()
        while time.monotonic() < deadline and self._running(outcomes):
            time.sleep(POLL_SECONDS)
            outcomes.update(self.look(self._running(outcomes)))
        return outcomes

    def look(self, keys: list[str] | None = None) -> dict[str, Outcome]:
        """Look once at the releases of `keys`, or at all."""
        # The jobs first: of a job that has ended, the records read afterwards are the final ones.
        jobs = {key: job_outcome(self.runs[key]["job"]) for key in keys or self.runs}
        live = helm_storage.read_releases(self.cluster)
        return {key: self._outcome(self.runs[key], helm, live.get(key)) for key, helm in jobs.items()}

    @staticmethod
    def _running(outcomes: dict[str, Outcome]) -> list[str]:
        return [key for key, each in outcomes.items() if each.phase == "running"]

    def _outcome(self, run: Run, helm: Outcome, release: helm_storage.Release | None) -> Outcome:
        if delivered_by_argocd(run):
            return self._delivered(run)
        if helm.phase != "ready":
            return self._in_time(run, helm)
        if release is None:
            return Outcome("failed", "Helm has no record of it")
        if release["status"] != "deployed":
            return Outcome("failed", f"Helm calls revision {release['revision']} {release['status']}")
        missing = self._first_missing(run, release)
        if missing is not None:
            return self._in_time(run, Outcome("running", missing["text"]), missing["object"])
        return Outcome("ready", changed=self._note(run, release))

    def _delivered(self, run: Run) -> Outcome:
        """Judge what Argo CD delivers; once it is there, what Helm still knows of the same release is forgotten."""
        lacking = self._first_missing_row(run)
        if lacking is not None:
            return self._in_time(run, Outcome("running", lacking["text"]), lacking["object"])
        forgotten = helm_storage.forget(self.cluster, run["namespace"], run["name"]) if run.get("forget") else False
        return Outcome("ready", changed=forgotten)

    def _in_time(self, run: Run, outcome: Outcome, found: dict[str, Any] | None = None) -> Outcome:
        """Turn a release that is late into a failed one, with the cause that the cluster gives."""
        if outcome.phase == "failed" or time.time() - float(run["started"]) < float(run["timeout"]):
            return outcome
        cause = diagnosis.cause_of(self.cluster, found) if found else ""
        late = f"not ready after {run['timeout']} s: {outcome.message}"
        return Outcome("failed", f"{late} ({cause})" if cause else late)

    def _note(self, run: Run, release: helm_storage.Release) -> bool:
        if not run["identity"] or release["identity"] == run["identity"]:
            return False
        helm_storage.note_identity(self.cluster, release, run["identity"], run["source"])
        return True

    def _first_missing(self, run: Run, release: helm_storage.Release) -> dict[str, Any] | None:
        """Return the first thing that is not ready, {text, object}, or None."""
        for reference in self._workloads(release):
            found = self.cluster.get(
                reference["apiVersion"],
                reference["kind"],
                reference["metadata"]["name"],
                reference_namespace(reference, run),
            )
            verdict = readiness.row({}, found)
            if verdict:
                return missing(reference["kind"], reference["metadata"]["name"], verdict, found)
        return self._first_missing_row(run)

    def _first_missing_row(self, run: Run) -> dict[str, Any] | None:
        for row in run["ready"]:
            found = self.cluster.get(row["api_version"], row["kind"], row["name"], row.get("namespace"))
            verdict = readiness.row(row, found)
            if verdict:
                return missing(row["kind"], row["name"], verdict, found)
        return None

    def _workloads(self, release: helm_storage.Release) -> list[dict[str, Any]]:
        """Return the workloads of a revision's manifest; decoded once per revision."""
        key = f"{release['namespace']}/{release['secret']}"
        if key not in self.manifests:
            secret = self.cluster.get("v1", "Secret", release["secret"], release["namespace"]) or {}
            objects = helm_storage.manifest_objects(helm_storage.decode_release(secret))
            self.manifests[key] = [each for each in objects if WORKLOAD_API.get(each["kind"]) == each["apiVersion"]]
        return self.manifests[key]


def delivered_by_argocd(run: Run) -> bool:
    """Say whether a release is not Helm's to look after."""
    return run.get("delivery") == "argocd"


def missing(kind: str, name: str, verdict: str, found: dict[str, Any] | None) -> dict[str, Any]:
    """Name what is not ready, and hand the object on for the search of its cause."""
    return {"text": f"{kind} {name}: {verdict}", "object": found}


def reference_namespace(reference: dict[str, Any], run: Run) -> str:
    """Return the namespace of an object in a manifest: its own, else its release's."""
    return str(reference["metadata"].get("namespace") or run["namespace"])


def job_outcome(job: str) -> Outcome:
    """Read the result that Helm's background job has left so far; an empty `job` counts as ended well.

    Raises nothing: a file that is missing or half written means that the job is still at work.
    """
    if not job:
        return Outcome("ready")
    try:
        result = json.loads(Path(job).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Outcome("running", "Helm has just been started")
    if not result.get("finished", 1):
        return Outcome("running", "Helm is at work")
    if result.get("failed") or result.get("rc", 0):
        return Outcome("failed", helm_reason(result))
    return Outcome("ready")


def helm_reason(result: dict[str, Any]) -> str:
    """Return Helm's own last error line from a module's failed result, else the module's message."""
    text = result.get("stderr") or result.get("msg") or "Helm ended without a word"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("Error:")]
    return (errors or lines)[-1]
