"""What of a cluster there is in AWS outside of its stacks: found by tags, read only."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws.footprint import Account, Found
from ansible_collections.landfall.eks.plugins.module_utils.aws.orphan_kinds import FINDERS
from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session, refusal

DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})


@dataclass(frozen=True)
class Report:
    """What was found, and what could not be looked at, one sentence each."""

    rows: list[Found] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data; `monthly` is the sum of what is known."""
        known = [each.monthly for each in self.rows if each.monthly is not None]
        return {
            "rows": [asdict(each) for each in self.rows],
            "unread": self.unread,
            "monthly": round(sum(known), 2),
        }


def find(session: Session, name: str, kinds: tuple[str, ...] = ()) -> Report:
    """Look for everything of a cluster, or for some kinds. AwsError only where the stacks cannot be read.

    A service that refuses is named under `unread`: what was not looked at is not said to be gone.
    """
    at = Account.of(session, name)
    rows: list[Found] = []
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
