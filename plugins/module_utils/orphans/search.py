"""What of a cluster there is in AWS outside of its stacks: found by tags, read only."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session, refusal
from ansible_collections.landfall.eks.plugins.module_utils.orphans.account import Account, Orphan
from ansible_collections.landfall.eks.plugins.module_utils.orphans.deletions import SWEEPABLE
from ansible_collections.landfall.eks.plugins.module_utils.orphans.kinds import FINDERS
from ansible_collections.landfall.eks.plugins.module_utils.text.tables import fitted, folded

DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})


@dataclass(frozen=True)
class Report:
    """What was found, and what could not be looked at, one sentence each."""

    rows: list[Orphan] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data; `monthly` is the sum of what is known."""
        known = [each.monthly for each in self.rows if each.monthly is not None]
        return {
            "rows": [asdict(each) for each in self.rows],
            "unread": self.unread,
            "monthly": round(sum(known), 2),
        }


def find_orphans(session: Session, name: str, kinds: tuple[str, ...] = ()) -> Report:
    """Look for everything of a cluster, or for some kinds. AwsError only where the stacks cannot be read.

    A service that refuses is named under `unread`: what was not looked at is not said to be gone.
    """
    at = Account.of(session, name)
    rows: list[Orphan] = []
    unread: list[str] = []
    for kind, finder in FINDERS.items():
        if kinds and kind not in kinds:
            continue
        try:
            rows.extend(finder(at))
        except AwsError as error:
            denied = "not allowed" if refusal(error) in DENIED else "not answered"
            unread.append(f"{kind}s were not looked at ({denied}): {error}")
    return Report(rows, unread)


def table(report: Report) -> list[str]:
    """Lay what was found out as lines: what it is, why it is the cluster's, whether a sweep takes it, what it costs."""
    if not report.rows:
        return ["AWS holds nothing of the cluster." if not report.unread else "Nothing was found.", *report.unread]
    rows = []
    for each in report.rows:
        why = f"{each.why}; {each.holds}" if each.holds else each.why
        shown = each.id.rpartition(":")[2] if each.id.startswith("arn:") else each.id
        shown = f"{shown} ({each.name})" if each.name and each.name not in shown else shown
        swept = f"if asked: {each.taken}" if each.taken in SWEEPABLE else each.taken
        rows.append([each.kind, shown, why, swept, "?" if each.monthly is None else f"{each.monthly:.2f}"])
    lines = fitted(["Kind", "Id", "Why", "SweepResult", "USD a month"], rows, below=["Id"])
    total = f"About {report.as_dict()['monthly']:.2f} USD a month, list prices without traffic."
    return folded([*lines, total, *report.unread])
