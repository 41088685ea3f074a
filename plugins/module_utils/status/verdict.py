"""What of a status needs somebody, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.credentials.ca import REPLACE
from ansible_collections.landfall.eks.plugins.module_utils.preflight import chart_trust
from ansible_collections.landfall.eks.plugins.module_utils.status import addresses, certificates, slos
from ansible_collections.landfall.eks.plugins.module_utils.status.gather import ABSENT, READY
from ansible_collections.landfall.eks.plugins.module_utils.text import pages

PAGE = Path(__file__).with_name("status.html.j2")

Status = dict[str, Any]


def attention(status: Status) -> list[str]:
    """Return one sentence for each thing that is not as it should be; none means that all is well."""
    if not installed(status):
        return []
    return [
        *_components(status["components"]),
        *_certificates(status["certificates"]),
        *_hosts(status["addresses"]),
        *_promises(status["slos"]["rows"]),
    ]


def installed(status: Status) -> bool:
    """Say whether anything that we installed is there."""
    return any(each["health"] != ABSENT for each in status["components"])


def headline(status: Status) -> str:
    """Return one sentence for the whole cluster."""
    if not installed(status):
        return "Landfall is not installed here."
    things = attention(status)
    if not things:
        return "All is well."
    return f"{len(things)} thing{'s need' if len(things) > 1 else ' needs'} attention."


def page(status: Status) -> str:
    """Return the status as a page."""
    content = {
        "headline": headline(status),
        "attention": attention(status),
        "installed": installed(status),
        "unverified": chart_trust.note(status["unverified"]),
    }
    return pages.page(PAGE, status=status, **content)


def _components(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        if row["health"] == ABSENT:
            yield f"{row['release']} is not installed: roll it out, or set {row['name']}_enabled: false."
        elif row["health"] != READY:
            yield f"{row['release']} is not ready: {row['health']}."


def _certificates(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        cure = _cure(row)
        if row["state"] == certificates.UNREADABLE:
            yield f"The certificate in Secret {row['secret']} cannot be read: {cure}."
        elif row["state"] == certificates.ENDED:
            yield f"The certificate in Secret {row['secret']} ended on {row['expires']}: {cure}."
        elif row["state"] == certificates.SOON:
            yield f"The certificate in Secret {row['secret']} ends in {row['days']} days: {cure}."
        elif row["note"]:
            yield f"The certificate in Secret {row['secret']}: {row['note']}."


def _cure(row: dict[str, Any]) -> str:
    if row["authority"]:
        return f"replace it ({REPLACE})"
    if row.get("issued"):
        namespace, _unused, name = row["secret"].partition("/")
        return f"see why cert-manager does not renew it (kubectl describe certificate -n {namespace} {name})"
    return (
        "renew it where it comes from, then run site.yml" if row.get("brought") else "a run of site.yml makes a new one"
    )


def _hosts(found: dict[str, Any]) -> Iterator[str]:
    if found["state"] == addresses.STALE:
        where = f"The hosts block in {found['hosts_file']} is" if found["hosts_file"] else "The records in Route 53 are"
        yield f"{where} stale ({found['why']}): run site.yml --tags hosts."


def _promises(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        if row["state"] == slos.SPENT:
            yield f"The error budget of {row['slo']} is overspent."
        elif row["state"] == slos.BURNING:
            yield f"The error budget of {row['slo']} is burning: its alerts fire."
