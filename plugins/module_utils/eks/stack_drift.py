"""What was changed outside of CloudFormation: its own comparison of a stack's resources with the template.

It compares only what the template says of a resource (API reference, DetectStackDrift), and changes nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session, refusal

WAIT_SECONDS = 900
PAUSE = 5.0
DRIFTED = ("MODIFIED", "DELETED")
NOT_COMPARED = ("UNKNOWN", "NOT_CHECKED")
LONGEST = 200
"""Characters of a value that are shown."""


def read(session: Session, stack: str, sleep: Callable[[float], None] = time.sleep) -> list[str]:
    """Return a line for each difference of a stack that is there, and on what was not compared. AwsError.

    That the run may not compare is a line, and no error: a plan is one without it.
    """
    try:
        begun = session.call("cloudformation", "detect_stack_drift", StackName=stack)["StackDriftDetectionId"]
    except AwsError as error:
        if refusal(error) != "AccessDenied":
            raise
        return [f"not compared: {error}"]
    failed = _await(session, begun, sleep)
    return lines(_drifts(session, stack), failed)


def _drifts(session: Session, stack: str) -> list[dict[str, Any]]:
    """Return what was found of each resource; botocore has no pages of it. AwsError."""
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        told = session.call("cloudformation", "describe_stack_resource_drifts", StackName=stack, **token)
        found += told["StackResourceDrifts"]
        if not told.get("NextToken"):
            return found
        token = {"NextToken": told["NextToken"]}


def _await(session: Session, begun: str, sleep: Callable[[float], None]) -> str:
    """Wait for the comparison; return why it could not compare everything, or nothing. AwsError."""
    end = time.monotonic() + WAIT_SECONDS
    while True:
        told = session.call("cloudformation", "describe_stack_drift_detection_status", StackDriftDetectionId=begun)
        if told["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            break
        if time.monotonic() > end:
            raise AwsError(f"CloudFormation did not compare the stack in {WAIT_SECONDS} s: run again.")
        sleep(PAUSE)
    return str(told.get("DetectionStatusReason") or "") if told["DetectionStatus"] == "DETECTION_FAILED" else ""


def lines(drifts: list[dict[str, Any]], failed: str = "") -> list[str]:
    """Return the answer of describe_stack_resource_drifts as people read it, by the resources' names."""
    found = [line for each in sorted(drifts, key=lambda one: str(one["LogicalResourceId"])) for line in _of(each)]
    return [*found, *([f"not everything was compared: {failed}"] if failed else [])]


def _of(drift: Mapping[str, Any]) -> list[str]:
    status, name = drift["StackResourceDriftStatus"], f"{drift['LogicalResourceId']} ({drift['ResourceType']})"
    if status == "DELETED":
        return [f"- {name} is gone"]
    if status in NOT_COMPARED:
        return [f"? {name} was not compared: {drift.get('DriftStatusReason') or status}"]
    if status not in DRIFTED:
        return []
    return [f"~ {name} {_difference(each)}" for each in drift.get("PropertyDifferences") or []] or [f"~ {name} differs"]


def _difference(each: Mapping[str, str]) -> str:
    path, is_now, was = each["PropertyPath"], _short(each["ActualValue"]), _short(each["ExpectedValue"])
    if each["DifferenceType"] == "ADD":
        return f"{path}: {is_now} was added"
    if each["DifferenceType"] == "REMOVE":
        return f"{path}: {was} was removed"
    return f"{path}: is {is_now}, the template has {was}"


def _short(value: str) -> str:
    """Return a value on one line; CloudFormation gives lists and objects as JSON."""
    try:
        value = json.dumps(json.loads(value))
    except ValueError:
        value = " ".join(value.split())
    return value if len(value) <= LONGEST else f"{value[:LONGEST]} ..."
