"""Action that decides at once what a run has to do, from one look at the cluster that it has the Lease of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail

from ansible_collections.landfall.eks.plugins.filter.definition_charts import definition_charts
from ansible_collections.landfall.eks.plugins.filter.release_decision import release_decision
from ansible_collections.landfall.eks.plugins.module_utils.helm.state import State
from ansible_collections.landfall.eks.plugins.module_utils.kube import published
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import looking
from ansible_collections.landfall.eks.plugins.module_utils.settings import components
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key
from ansible_collections.landfall.eks.plugins.plugin_utils import run_records
from ansible_collections.landfall.eks.plugins.plugin_utils.in_worker import InWorker
from ansible_collections.landfall.eks.plugins.plugin_utils.run_records import Record

ROLES = Path(__file__).parents[2] / "roles"
OPTIONS: dict[str, Any] = {
    "kubeconfig": {"type": "raw"},
    "context": {"type": "str"},
    "namespace": {"type": "str", "required": True},
    "cluster_name": {"type": "str", "required": True},
    "ca_file": {"type": "str", "required": True},
    "tls": {"type": "dict", "default": {}},
    "lease": {"type": "dict", "required": True},
    "namespace_metadata": {"type": "dict", "default": {}},
    "installing": {"type": "bool", "required": True},
}


class ActionModule(InWorker):
    """Finds the components of a run for which nothing has to be done, and records what settle waits for of them."""

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        self.variables: dict[str, Any] = task_vars or {}
        _unused, self.options = self.validate_argument_spec(OPTIONS)
        record = run_records.extended(
            run_records.begun(self._templar, self.variables), {"lease": self.options["lease"]}
        )
        with looking():
            if record["lease"]["held"]:
                record = run_records.extended(record, self._live())
            if self.options["installing"] and record["releases"]:
                for look in (self._groundwork, self._addresses, self._credentials, self._in_sync):
                    record = run_records.extended(record, look(record))
        return {**result, **record, "changed": False}

    def _live(self) -> dict[str, Any]:
        """Read Helm's records, which another run may have changed before this one got the Lease."""
        told = self._ask("helm_state")
        if told.get("failed"):
            raise AnsibleActionFail(told["msg"])
        return {"live": told["releases"]}

    def _groundwork(self, record: Record) -> dict[str, Any]:
        """Find out whether definitions, and namespaces with what components have there, are as they should be."""
        if definition_charts(record["releases"], record["charts"], record["live"]):
            return {}
        wanted = run_records.of_namespaces(self._templar, self.variables, record, self.options["namespace"])
        extra = self.options["namespace_metadata"]
        told = self._ask("namespaces", state="present", namespace_metadata=extra, **wanted)
        if not _unchanged(told):
            return {}
        return {"definitions": {**record["definitions"], "namespaces": told["names"]}}

    def _addresses(self, record: Record) -> dict[str, Any]:
        """Read the objects that components apply themselves: which of them are theirs, and their load balancers."""
        told = {name: self._objects(record, raw) for name, raw in self._acting(record)}
        live = [each for found in told.values() for each in found.get("objects", [])]
        return {
            "objects": {"in_sync": [name for name, found in told.items() if _unchanged(found)]},
            "addresses": {
                release_key(each["metadata"]["namespace"], each["metadata"]["name"]): hosts
                for each in live
                if (hosts := _host_names(each))
            },
        }

    def _objects(self, record: Record, raw: Mapping[str, Any]) -> dict[str, Any]:
        wanted = run_records.knowing(self._templar, self.variables, record).template(raw.get("objects", []))
        return self._ask("objects", objects=wanted) if wanted else {"changed": False}

    def _credentials(self, record: Record) -> dict[str, Any]:
        """Find out whether all credentials are kept already, and the CA's certificate is in its file."""
        aware = run_records.knowing(self._templar, self.variables, record)
        wanted = [each for _unused, raw in self._acting(record) for each in aware.template(raw.get("credentials", []))]
        if not wanted:
            return {}
        told = self._ask(
            "credentials",
            namespace=self.options["namespace"],
            cluster_name=self.options["cluster_name"],
            credentials=wanted,
            ca_file=self.options["ca_file"],
            tls=self.options["tls"],
        )
        if not _unchanged(told):
            return {}
        return {"credentials": {**record["credentials"], "names": [each["name"] for each in told["credentials"]]}}

    def _in_sync(self, record: Record) -> dict[str, Any]:
        """Return the components that are as they should be, and their releases as settle waits for them."""
        if not record["definitions"]["namespaces"]:
            return {}
        found = {name: rows for name, raw in self._acting(record) if (rows := self._rows(record, name, raw))}
        return {"in_sync": list(found), "started": [row for rows in found.values() for row in rows]}

    def _rows(self, record: Record, name: str, raw: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return what settle has to know of a component's releases; nothing if anything has to be done for it."""
        aware = run_records.knowing(self._templar, self.variables, record)
        credentials = {each["name"] for each in aware.template(raw.get("credentials", []))}
        planned = any(each["changed"] for each in aware.template(raw.get("plan", [])))
        if (
            name not in record["objects"]["in_sync"]
            or not credentials <= set(record["credentials"]["names"])
            or planned
        ):
            return []
        ours = {each["name"] for each in record["releases"]}
        releases = [each for each in (aware.template(each) for each in raw["releases"]) if each["name"] in ours]
        spec = components.load_spec(ROLES)
        rows = [_row(record, components.completed(release, spec)) for release in releases]
        return [row for row in rows if row] if all(rows) else []

    def _acting(self, record: Record) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the components of the run with a release that is Landfall's."""
        names = {each["component"] for each in record["releases"]}
        declared = components.declared(record["settings"]["components"], self.variables, self._templar.template)
        return ((name, raw) for name, raw in declared.items() if name in names)

    def _ask(self, module: str, **arguments: Any) -> dict[str, Any]:
        return self.look(module, arguments, self.variables)


def _unchanged(told: dict[str, Any]) -> bool:
    """Say whether a module that looked found nothing to do; one that failed says why where the work is done."""
    return not told.get("failed") and not told["changed"]


def _row(record: Record, release: dict[str, Any]) -> dict[str, Any] | None:
    """Return the row of the record of a release that is in sync, None for any other."""
    chart = record["charts"][release["name"]]
    decision = release_decision(release, record["live"], chart["sha256"])
    delivered = (release.get("owner") or {}).get("delivery") == "argocd"
    if decision["state"] != State.IN_SYNC or delivered or release["name"] in record["cluster"]["delivered"]:
        return None
    return run_records.started(release, chart, decision["identity"])


def _host_names(live: dict[str, Any]) -> list[str]:
    """Return the host names of the load balancer of an object, if it has any."""
    points = published.points(live)
    return [point["hostname"] for point in points if point.get("hostname")]
