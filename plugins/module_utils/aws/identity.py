"""Who we are in AWS, what we may do there, and whether our clocks agree."""

from __future__ import annotations

import datetime
import email.utils
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session, refusal, spoken

MOST_SKEW = 240
"""Seconds; AWS refuses a signature that is 300 off (its documentation of signature version 4)."""
QUICKLY: dict[str, Any] = {
    "connect_timeout": 5,
    "read_timeout": 10,
    "retries": {"mode": "standard", "total_max_attempts": 2},
}
"""For the first call: an AWS that cannot be reached is said soon."""
ALLOWED = "allowed"
_ASSUMED = re.compile(r"arn:(?P<partition>[\w-]+):sts::(?P<account>\d+):assumed-role/(?P<role>[^/]+)/.+")
_SIMULATED = re.compile(r"arn:[\w-]+:iam::\d+:(user|role)/.+")
POLICY = "docs/aws.md has the policy"

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Identity:
    """Whom AWS takes us for; `skew` is by how many seconds our clock is ahead of AWS's, None if AWS did not say."""

    arn: str
    account: str
    skew: float | None


@dataclass(frozen=True)
class Decision:
    """What a simulation says of an action; `allowed` is None if it depends on what was not known to it."""

    action: str
    allowed: bool | None


def read_identity(session: Session) -> Identity:
    """Ask AWS who we are. AwsError."""
    with spoken("sts get_caller_identity"):
        answer = session.client("sts", **QUICKLY).get_caller_identity()
    return Identity(answer["Arn"], answer["Account"], _skew(answer["ResponseMetadata"]))


def _skew(metadata: Mapping[str, Any]) -> float | None:
    return skew_of(str((metadata.get("HTTPHeaders") or {}).get("date", "")), datetime.datetime.now(datetime.UTC))


def skew_of(date: str, now: datetime.datetime) -> float | None:
    """Return by how many seconds `now` is ahead of an HTTP Date header; None if that is none."""
    try:
        theirs = email.utils.parsedate_to_datetime(date)
    except ValueError:
        return None
    return (now - theirs).total_seconds()


def skew_of_refusal(error: AwsError) -> float | None:
    """Return our clock's skew by the answer with which AWS refused; None if there was no answer."""
    answer = getattr(error.__cause__, "response", None) or {}
    return _skew(answer.get("ResponseMetadata") or {})


def skew_problem(seconds: float | None) -> str:
    """Return a sentence if the clocks are too far apart for AWS to take our signatures."""
    if seconds is None or abs(seconds) <= MOST_SKEW:
        return ""
    way = "ahead of" if seconds > 0 else "behind"
    return (
        f"The clock of this machine is {abs(seconds) / 60:.0f} minutes {way} AWS's, which refuses signatures that are "
        "5 minutes off: set it, for instance by `timedatectl set-ntp true`."
    )


def principal(session: Session, arn: str) -> str:
    """Return the ARN whose policies decide for an identity; empty where none can be simulated (root, federation).

    That of an assumed role is its role's. It does not contain the path of a role: IAM is asked, if it may be.
    """
    if found := _ASSUMED.fullmatch(arn):
        try:
            return str(session.call("iam", "get_role", RoleName=found["role"])["Role"]["Arn"])
        except AwsError:
            return f"arn:{found['partition']}:iam::{found['account']}:role/{found['role']}"
    return arn if _SIMULATED.fullmatch(arn) else ""


def simulate(session: Session, arn: str, actions: Sequence[str]) -> list[Decision]:
    """Ask IAM whether a user or role may do actions, on any resource. AwsError."""
    pages = session.pages("iam", "simulate_principal_policy", PolicySourceArn=arn, ActionNames=list(actions))
    return [decision(each) for page in pages for each in page["EvaluationResults"]]


def decision(result: Mapping[str, Any]) -> Decision:
    """Read one result of a simulation; a denial that hangs on a condition whose value is not known decides nothing."""
    allowed = result["EvalDecision"] == ALLOWED
    by_organization = (result.get("OrganizationsDecisionDetail") or {}).get("AllowedByOrganizations", True)
    if not allowed and result.get("MissingContextValues") and result["EvalDecision"] == "implicitDeny":
        return Decision(result["EvalActionName"], None)
    return Decision(result["EvalActionName"], allowed and by_organization)


def judge(arn: str, rows: Sequence[Row], decisions: Sequence[Decision]) -> tuple[list[str], str]:
    """Return a sentence for each refused action that the run cannot do without, and a line about all of them.

    Rows are {action, why, otherwise, needed}: what it is for, and what to write instead.
    """
    refused = {each.action.lower() for each in decisions if each.allowed is False}
    open_ones = [each.action for each in decisions if each.allowed is None]
    problems, without = [], []
    for row in rows:
        if row["action"].lower() not in refused:
            continue
        if row["needed"]:
            problems.append(
                f"{arn} may not {row['action']}, needed for {row['why']}: allow it ({POLICY}), or {row['otherwise']}."
            )
        else:
            without.append(row["action"])
    line = f"{len(rows) - len(refused)} of {len(rows)} actions allowed"
    line += f"; without {', '.join(without)} ({POLICY})" if without else ""
    line += f"; {', '.join(open_ones)} may depend on conditions" if open_ones else ""
    return problems, line


def unsimulated(error: AwsError) -> str:
    """Return the line that stands for a simulation which AWS refused: that is no failure."""
    return f"not simulated ({refusal(error) or 'no answer'}), so a missing permission shows when it is used ({POLICY})"
