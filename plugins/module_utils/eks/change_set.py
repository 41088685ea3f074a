"""Change sets: what CloudFormation would do with a stack, worked out by AWS itself and made readable."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session

CAPABILITIES = ["CAPABILITY_IAM"]
WAIT_SECONDS = 600
NOTHING = ("didn't contain changes", "No updates are to be performed")
"""What AWS says of a change set that would do nothing; it calls that failed."""
SIGNS = {"Add": "+", "Modify": "~", "Remove": "-", "Import": "+", "Dynamic": "?"}


@dataclass(frozen=True)
class Change:
    """What happens to one resource. `replaced` is True, False, or None where AWS knows only as it goes."""

    action: str
    name: str
    type: str
    replaced: bool | None = False
    because: tuple[str, ...] = ()

    def line(self) -> str:
        """Return the change as people read it."""
        told = {True: " is replaced", None: " may be replaced"}.get(self.replaced, "")
        because = f" ({', '.join(self.because)})" if self.because else ""
        return f"{SIGNS.get(self.action, '?')} {self.name} ({self.type}){told}{because}"


def planned(session: Session, stack: str, template: str, tags: Mapping[str, str], role: str = "") -> list[Change]:
    """Make a change set, read it, and delete it again: three writes to the account, none to a resource. AwsError.

    `role` is the ARN of the role that CloudFormation uses; without one it keeps the stack's, or uses the run's own.
    """
    name = f"landfall-plan-{int(time.time())}"
    made = session.call(
        "cloudformation",
        "create_change_set",
        StackName=stack,
        ChangeSetName=name,
        TemplateBody=template,
        Capabilities=CAPABILITIES,
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        Description="Made by Landfall to show a plan; it is deleted right after.",
        **({"RoleARN": role} if role else {}),
    )
    try:
        return _read(session, made["Id"])
    finally:
        session.call("cloudformation", "delete_change_set", ChangeSetName=made["Id"])


def _read(session: Session, arn: str, sleep: Callable[[float], None] = time.sleep) -> list[Change]:
    end = time.monotonic() + WAIT_SECONDS
    while True:
        told = session.call("cloudformation", "describe_change_set", ChangeSetName=arn)
        if not told["Status"].endswith(("PENDING", "IN_PROGRESS")):
            break
        if time.monotonic() > end:
            raise AwsError(f"AWS did not work out the change set in {WAIT_SECONDS} s: run again.")
        sleep(2)
    reason = str(told.get("StatusReason") or "")
    if told["Status"] == "FAILED":
        if any(each in reason for each in NOTHING):
            return []
        raise AwsError(f"AWS refused the change set: {reason.rstrip('.')}.")
    listed = list(told["Changes"])
    while told.get("NextToken"):
        told = session.call("cloudformation", "describe_change_set", ChangeSetName=arn, NextToken=told["NextToken"])
        listed += told["Changes"]
    return changes(listed)


def changes(listed: Iterable[Mapping[str, Any]]) -> list[Change]:
    """Return the changes that AWS lists, what is replaced or removed first."""
    found = [_change(each["ResourceChange"]) for each in listed if each.get("ResourceChange")]
    return sorted(found, key=lambda each: (each.replaced is False and each.action != "Remove", each.type, each.name))


def _change(told: Mapping[str, Any]) -> Change:
    replaced = {"True": True, "Conditional": None}.get(str(told.get("Replacement")), False)
    if told.get("PolicyAction") == "ReplaceAndDelete":
        replaced = True
    targets = [each.get("Target") or {} for each in told.get("Details") or []]
    because = sorted({str(each.get("Name") or each.get("Attribute")) for each in targets if each})
    return Change(
        str(told["Action"]), str(told["LogicalResourceId"]), str(told["ResourceType"]), replaced, tuple(because)
    )


def all_new(template: Mapping[str, Any]) -> list[Change]:
    """Return what a template makes where there is no stack yet, for which AWS does not have to be asked."""
    return changes(
        {"ResourceChange": {"Action": "Add", "LogicalResourceId": name, "ResourceType": each["Type"]}}
        for name, each in template["Resources"].items()
    )


def removed(live: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[Change]:
    """Return which resources of a stack's template another one no longer has."""
    return [
        Change("Remove", name, each["Type"])
        for name, each in live["Resources"].items()
        if name not in wanted["Resources"]
    ]


def refused(found: Iterable[Change], kept: Iterable[str]) -> list[str]:
    """Return a sentence for each change that Landfall's stack policy forbids."""
    return [
        f"{each.name} ({each.type}) would be {'removed' if each.action == 'Remove' else 'replaced'}"
        f"{' because of ' + ', '.join(each.because) if each.because else ''}: that ends the cluster and all in it, and "
        "is refused; write the setting back, or make a second cluster."
        for each in found
        if each.name in kept and (each.action == "Remove" or each.replaced)
    ]
