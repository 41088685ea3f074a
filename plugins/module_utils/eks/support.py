"""How long AWS supports each version of Kubernetes, and what an hour of its control plane costs: the one place.

Dates: EKS user guide, kubernetes-versions, "Release calendar"; prices: the EKS price list. Both as of AS_OF, written
down here and not fetched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

AS_OF = date(2026, 11, 30)
CLUSTER_HOUR = 0.10
"""US dollars of a version in standard support; the same in each version and most regions."""
EXTENDED_HOUR = 0.60
"""Of a version in extended support."""


@dataclass(frozen=True)
class Support:
    """The day on which standard support ends, from whose beginning AWS charges more, and that on which all ends."""

    standard: date
    extended: date


SUPPORT = {
    "1.33": Support(date(2026, 7, 29), date(2027, 7, 29)),
    "1.34": Support(date(2026, 12, 2), date(2027, 12, 2)),
    "1.35": Support(date(2027, 3, 27), date(2028, 3, 27)),
}
"""Of a newer version no date is known here."""
NEAR_DAYS = 60
"""AWS announces the end of standard support at least so long before (the same page)."""


def hour(version: str, today: date) -> float:
    """Return US dollars for an hour of a version's control plane."""
    return EXTENDED_HOUR if is_extended(version, today) else CLUSTER_HOUR


def is_extended(version: str, today: date) -> bool:
    """Whether a version is past standard support; not so one of which no date is known."""
    return version in SUPPORT and today >= SUPPORT[version].standard


def state(version: str, today: date) -> str:
    """Return the support of a version, as the end of a clause such as "1.34 ..."."""
    if version not in SUPPORT:
        return "in standard support, as far as known here"
    found = SUPPORT[version]
    if today >= found.extended:
        return f"out of support since {found.extended}"
    if today >= found.standard:
        return f"in extended support since {found.standard}, until {found.extended}"
    return f"in standard support until {found.standard}"


def warning(version: str, policy: str, today: date) -> str:
    """Return the sentence on a version that costs more or that AWS upgrades soon, or nothing.

    `policy` is EKS's supportType of the cluster, STANDARD or EXTENDED.
    """
    found = SUPPORT.get(version)
    if found is None or (found.standard - today).days > NEAR_DAYS:
        return ""
    left = f"Kubernetes {version} {'left' if today >= found.standard else 'leaves'} standard support on"
    if policy.upper() == "STANDARD":
        return f"{left} {found.standard}, and AWS then upgrades the control plane by itself: upgrade it before."
    return (
        f"{left} {found.standard}: from then on the control plane costs {EXTENDED_HOUR:.2f} instead of "
        f"{CLUSTER_HOUR:.2f} USD an hour, and AWS upgrades it by itself on {found.extended}."
    )
