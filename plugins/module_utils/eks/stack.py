"""A CloudFormation stack as it stands: what may be done with it, its progress, and why it failed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session, tags_of

GONE = ("DELETE_COMPLETE", "DELETE_SKIPPED")
NEVER_MADE = ("ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS")
"""A creation that failed and was undone whole, and a change set that nobody carried out: all that can follow is a
deletion, and AWS refuses every update."""
CONSEQUENCES = ("Resource creation cancelled", "Resource update cancelled", "Resource deletion cancelled")
"""What CloudFormation says of a resource that it gave up because of another one."""
STUCK = {
    "ROLLBACK_FAILED": "its creation failed, and so did undoing it: see to what holds {held}, then run with "
    "-e state=absent",
    "CREATE_FAILED": "its creation failed and nothing was undone: run with -e state=absent, then again",
    "DELETE_FAILED": "deleting it failed: see to what holds {held}, then run with -e state=absent",
    "UPDATE_ROLLBACK_FAILED": "an update failed, and so did undoing it: run `aws cloudformation "
    "continue-update-rollback --stack-name {name} --resources-to-skip {failed}`, which leaves these as they are (the "
    "version of a cluster or of nodes is not taken back by CloudFormation), then run again",
    "UPDATE_FAILED": "an update failed and was not undone: run `aws cloudformation rollback-stack --stack-name {name}`",
}


@dataclass(frozen=True)
class Stack:
    """What AWS says of a stack; of one that is not there, `status` is empty. `protected` is against its deletion."""

    name: str
    status: str = ""
    reason: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    protected: bool = False

    @property
    def there(self) -> bool:
        """Whether there is such a stack."""
        return bool(self.status) and self.status not in GONE

    @property
    def busy(self) -> bool:
        """Whether CloudFormation is at work on it. A change set that waits for somebody is no work."""
        return self.status.endswith("_IN_PROGRESS") and self.status not in NEVER_MADE


def read(session: Session, name: str) -> Stack:
    """Return a stack, or one that is not there. AwsError."""
    try:
        found = session.call("cloudformation", "describe_stacks", StackName=name)["Stacks"]
    except AwsError as error:
        if "does not exist" in str(error):
            return Stack(name)
        raise
    if not found:
        return Stack(name)
    each = found[0]
    return Stack(
        name,
        str(each["StackStatus"]),
        str(each.get("StackStatusReason") or ""),
        {output["OutputKey"]: output["OutputValue"] for output in each.get("Outputs") or []},
        tags_of(each.get("Tags") or []),
        bool(each.get("EnableTerminationProtection")),
    )


def resources(session: Session, name: str) -> list[dict[str, Any]]:
    """Return the resources of a stack that are not gone. AwsError."""
    pages = session.pages("cloudformation", "list_stack_resources", StackName=name)
    found = [each for page in pages for each in page.get("StackResourceSummaries") or []]
    return [each for each in found if each["ResourceStatus"] not in GONE]


def clear(session: Session, stack: Stack, *, dry: bool = False) -> str:
    """Delete a stack that never came to be, so that it can be made; return what was done, or nothing.

    AwsError where it holds anything, or where a change set of somebody waits in it.
    """
    if stack.status not in NEVER_MADE:
        return ""
    # A creation that is undone keeps its list of resources, each deleted; those of a review were never begun.
    held = [each for each in resources(session, stack.name) if each.get("PhysicalResourceId")]
    if held:
        raise AwsError(
            f"The stack {stack.name} is {stack.status} and still holds {_named(held)}: "
            "see to them, then run with -e state=absent."
        )
    waiting = session.call("cloudformation", "list_change_sets", StackName=stack.name).get("Summaries") or []
    if stack.status == "REVIEW_IN_PROGRESS" and waiting:
        names = ", ".join(sorted(each["ChangeSetName"] for each in waiting))
        raise AwsError(
            f"The stack {stack.name} is not made yet and somebody's change set waits in it ({names}): carry it out, or "
            f"delete it by `aws cloudformation delete-stack --stack-name {stack.name}`, then run again."
        )
    if not dry:
        session.call("cloudformation", "delete_stack", StackName=stack.name)
    return f"deleted the stack {stack.name}, which was {stack.status} and held nothing"


def stuck(stack: Stack, held: Sequence[Mapping[str, Any]]) -> str:
    """Return the sentence on a stack that needs a manual step first, or nothing."""
    if stack.status not in STUCK:
        return ""
    failed = sorted(each["LogicalResourceId"] for each in held if each["ResourceStatus"] == "UPDATE_FAILED")
    named = {"held": _named(held) or "its resources", "failed": " ".join(failed) or "<resources>"}
    told = STUCK[stack.status].format(name=stack.name, **named)
    because = f" ({stack.reason.rstrip('.')})" if stack.reason else ""
    return f"The stack {stack.name} is {stack.status}{because}: {told}."


def _named(held: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(sorted(f"{each['LogicalResourceId']} ({each['ResourceType']})" for each in held))


def same(session: Session, stack: Stack, template: str, tags: Mapping[str, str]) -> bool:
    """Whether a stack is what a template and its tags make of it, so that AWS would have nothing to do. AwsError."""
    if not stack.there or not stack.status.endswith("_COMPLETE") or stack.status in NEVER_MADE:
        return False
    return live_template(session, stack.name) == json.loads(template) and dict(stack.tags) == dict(tags)


def live_template(session: Session, name: str) -> dict[str, Any]:
    """Return the template of a stack as it was written. AwsError."""
    answer = session.call("cloudformation", "get_template", StackName=name, TemplateStage="Original")
    live = answer["TemplateBody"]
    # botocore returns a JSON template parsed.
    plain: dict[str, Any] = json.loads(live if isinstance(live, str) else json.dumps(live))
    return plain


def events(session: Session, name: str, after: str = "") -> list[dict[str, Any]]:
    """Return the events of a stack since one of them, oldest first, all of them if that is not known. AwsError.

    AWS lists the newest first, so no more pages are asked for than are new.
    """
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = session.call("cloudformation", "describe_stack_events", StackName=name, **token)
        for each in page["StackEvents"]:
            if each["EventId"] == after:
                return found[::-1]
            found.append(each)
        if not page.get("NextToken"):
            return found[::-1]
        token = {"NextToken": page["NextToken"]}


def last_event(session: Session, name: str) -> str:
    """Return the id of the newest event of a stack, or nothing. AwsError."""
    newest = session.call("cloudformation", "describe_stack_events", StackName=name)["StackEvents"][:1]
    return str(newest[0]["EventId"]) if newest else ""


def line(event: Mapping[str, Any]) -> str:
    """Return an event as people read it."""
    reason = event.get("ResourceStatusReason") or ""
    failed = str(event["ResourceStatus"]).endswith("_FAILED")
    return f"{event['ResourceStatus']} {event['LogicalResourceId']} ({event['ResourceType']})" + (
        f": {reason}" if failed and reason else ""
    )


def failure(happened: Iterable[Mapping[str, Any]]) -> str:
    """Return why a stack failed: what AWS said of the first resource that did, not of those given up for it."""
    for event in happened:
        reason = str(event.get("ResourceStatusReason") or "")
        if str(event["ResourceStatus"]).endswith("_FAILED") and not reason.startswith(CONSEQUENCES):
            said = reason.rstrip(".") or "AWS gives no reason"
            done = "deleted" if event["ResourceStatus"] == "DELETE_FAILED" else "made or changed"
            return f"{event['LogicalResourceId']} ({event['ResourceType']}) was not {done}: {said}."
    return ""
