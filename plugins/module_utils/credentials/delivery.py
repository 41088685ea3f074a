"""Makes the credentials that are missing, delivers each to its Secret, and finishes interrupted rotations."""

from __future__ import annotations

from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.credentials import (
    cert_manager,
    expiry,
    issuance,
    rotation,
    rotation_ca,
    store,
)
from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import CA_NAME, parse_items
from ansible_collections.landfall.eks.plugins.module_utils.credentials.plan import (
    LiveSecrets,
    Plan,
    Run,
    Secret,
    describe,
    make_plan,
)
from ansible_collections.landfall.eks.plugins.module_utils.credentials.rotation_steps import RotationContext
from ansible_collections.landfall.eks.plugins.module_utils.kube import apply
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster


def deliver(
    cluster: Cluster, credentials: list[dict[str, Any]], run: Run, *, dry_run: bool
) -> tuple[dict[str, Any], list[str]]:
    """Bring the cluster to the credentials, as the module credentials takes them.

    Returns what that module returns, and a sentence for each rotation that has to wait. Raises ApiException, and
    CredentialError for an entry that cannot be right or a Secret of somebody else in the way.
    """
    items = parse_items(credentials, run.home)
    wanted = {run.home} | {item.namespace for item in items if item.kind != "found"}
    namespaces = store.missing_namespaces(cluster, wanted)
    found = store.find(cluster, items, run.home)
    plan = make_plan(items, found, run)
    exchange = cert_manager.look(cluster, items, plan.objects, found.delivered)
    rotated: list[str] = []
    waiting: list[str] = []
    if not dry_run:
        cert_manager.make_way(cluster, exchange)
        _write(cluster, namespaces, plan)
    changes = [change for each in plan.objects if (change := apply.apply(cluster, each, dry_run=dry_run))]
    if not dry_run:
        issuance.wait(cluster, [each.wanted for each in exchange.asked], run.tls_timeout)
        # Last, so that no moment is without a certificate.
        store.retire(cluster, plan.retired, run.home)
    secrets = store.read(cluster) if (plan.writes or plan.retired or changes) and not dry_run else found.ours
    if not dry_run:
        rotated, waiting, secrets = _finish_rotations(RotationContext(cluster, run.home, run.now), secrets, plan)
    # In a plan for an empty cluster there is no namespace to look into.
    leases = run.home not in (namespaces if dry_run else []) and expiry.keep(
        cluster, secrets, run.home, run.now, dry_run=dry_run
    )
    # What is on its way still is for a run to wait for.
    moved = exchange.gone or exchange.marked or (dry_run and not exchange.is_over)
    diff = _diff(plan, found)
    result = {
        "changed": any((plan.writes, changes, plan.retired, namespaces, rotated, leases, moved)),
        "planned": _planned([*diff, *_diff_of_objects(changes)], _going(plan, exchange, run.home)) if dry_run else [],
        "credentials": plan.rows,
        "rotated": rotated,
        # A certificate authority that is only planned is another one when it is made.
        "ca_certificate": "" if dry_run and plan.ca_is_new else plan.ca_certificate,
        "diff": [*diff, *_diff_of_objects(changes)],
    }
    return result, waiting


def _write(cluster: Cluster, namespaces: list[str], plan: Plan) -> None:
    for name in namespaces:
        store.make_namespace(cluster, name)
    for secret in plan.writes:
        store.apply_secret(cluster, secret)


def _finish_rotations(
    context: RotationContext, secrets: list[Secret], plan: Plan
) -> tuple[list[str], list[str], list[Secret]]:
    """Return the names of the credentials whose rotation is finished, what has to wait, and the Secrets as they are."""
    rotated, waiting = rotation.finish(context, secrets)
    if CA_NAME in rotated:
        plan.ca_certificate = rotation_ca.read_authority(context)[1].bundle
    return rotated, waiting, store.read(context.cluster) if rotated or waiting else secrets


def _diff(plan: Plan, found: LiveSecrets) -> list[dict[str, str]]:
    """Show which Secrets change, by the names of their keys."""
    there = {(each["metadata"]["namespace"], each["metadata"]["name"]): each for each in found.originals.values()}
    there |= found.delivered
    rows = []
    for wanted in plan.writes:
        place = (wanted["metadata"]["namespace"], wanted["metadata"]["name"])
        known = there.get(place)
        before, after = describe(known) if known else "", describe(wanted, known)
        title = f"Secret {'/'.join(place)}"
        if before == after:
            after = f"{after.rstrip()}, other values\n"
        rows.append({"before_header": title, "after_header": title, "before": before, "after": after})
    return rows


def _diff_of_objects(changes: list[apply.Change]) -> list[dict[str, str]]:
    return [
        {"before_header": each.title, "after_header": each.title, "before": each.before, "after": each.after}
        for each in changes
    ]


def _planned(diff: list[dict[str, str]], going: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return {action, kind, namespace, name} of each object that would be written or go, for M(landfall.eks.plan)."""
    rows = []
    for each in diff:
        kind, _unused, place = each["after_header"].partition(" ")
        namespace, _unused, name = place.partition("/")
        action = "change" if each["before"] else "create"
        rows.append({"action": action, "kind": kind, "namespace": namespace, "name": name})
    return rows + [{"action": "delete", **each} for each in going]


def _going(plan: Plan, exchange: cert_manager.Exchange, home: str) -> list[dict[str, str]]:
    places = [each["metadata"] for each in exchange.gone]
    return [
        *({"kind": "Secret", "namespace": home, "name": name} for name in plan.retired),
        *({"kind": issuance.KIND, "namespace": each["namespace"], "name": each["name"]} for each in places),
    ]
