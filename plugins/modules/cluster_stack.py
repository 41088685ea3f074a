#!/usr/bin/python
"""Module that looks at a cluster's CloudFormation stack; what makes and changes it is amazon.aws.cloudformation."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_stack
short_description: Looks at a CloudFormation stack, clears one that never came to be, and plans a change
version_added: 0.1.0
description:
  - Does what M(amazon.aws.cloudformation) lacks. It waits for a stack that CloudFormation is at work on, shows its
    events as they happen, and fails with the reason of the resource that failed first.
  - A stack that never came to be (ROLLBACK_COMPLETE, REVIEW_IN_PROGRESS) and holds nothing is deleted, so that it can
    be made; one that a person has to see to is refused in a sentence.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  state:
    description:
      - V(ready) makes sure that the stack can be created or changed. V(planned) tells what a template would change.
        V(followed) tells what happened since O(after), and fails if the last operation failed.
    type: str
    choices: [ready, planned, followed]
    required: true
  name:
    description: Name of the stack.
    type: str
    required: true
  region:
    description: AWS region; empty for the one that AWS_REGION or the AWS profile names.
    type: str
    default: ""
  template:
    description: The template as JSON.
    type: str
  tags:
    description: Tags of the stack.
    type: dict
    default: {}
  kept:
    description:
      - Logical ids of resources whose replacement or removal is refused. V(ready) fails if O(template) lacks one that
        the stack has; the stack's policy names only what is in a template.
    type: list
    elements: str
    default: []
  role:
    description: ARN of the role that CloudFormation uses for the plan; empty for that of the stack, or of the run.
    type: str
    default: ""
  change_set:
    description: Whether the plan may make a change set, which is written to the account, and deleted again.
    type: bool
    default: false
  drift:
    description: Whether the plan of a stack that is there shows what was changed outside of CloudFormation.
    type: bool
    default: false
  after:
    description: Id of the last event that is known.
    type: str
    default: ""
  job:
    description: Id of the asynchronous job of M(amazon.aws.cloudformation) that is followed.
    type: str
attributes:
  check_mode:
    description: Deletes nothing. A change set is still made where O(change_set) says so.
    support: full
"""

EXAMPLES = r"""
- name: Make sure that the stack can be created or changed
  landfall.eks.cluster_stack:
    state: ready
    name: landfall-production
"""

RETURN = r"""
status:
  description: Status of the stack; empty if it is not there.
  type: str
  returned: always
there:
  description: Whether there is such a stack.
  type: bool
  returned: always
same:
  description: Whether the stack is what the template makes of it.
  type: bool
  returned: with a template
outputs:
  description: The stack's outputs.
  type: dict
  returned: always
cleared:
  description: What was deleted; empty for nothing.
  type: str
  returned: with V(ready)
lines:
  description: What would change, or what happened, a line each.
  type: list
  elements: str
  returned: with V(planned) and V(followed)
refused:
  description: Sentences on changes that are refused.
  type: list
  elements: str
  returned: with V(planned)
asked:
  description: Whether AWS itself worked the plan out, by a change set.
  type: bool
  returned: with V(planned)
drift:
  description: What was changed outside of CloudFormation, and what it could not compare, a line each.
  type: list
  elements: str
  returned: with V(planned)
last:
  description: Id of the newest event.
  type: str
  returned: with V(ready) and V(followed)
failure:
  description: Why the first resource failed; empty if none did.
  type: str
  returned: with V(followed)
busy:
  description: Whether CloudFormation is at work on the stack.
  type: bool
  returned: always
"""

import json
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session
from ansible_collections.landfall.eks.plugins.module_utils.eks import change_set, stack, stack_drift
from ansible_collections.landfall.eks.plugins.module_utils.libraries import aws


def ready(session: Any, found: Any, params: dict[str, Any], *, dry: bool) -> dict[str, Any]:
    if found.busy:
        return {"changed": False, "cleared": "", "lines": [], "last": stack.last_event(session, found.name)}
    if sentence := stack.stuck(found, stack.resources(session, found.name) if found.there else []):
        raise AwsError(sentence)
    cleared = stack.clear(session, found, dry=dry)
    last = stack.last_event(session, found.name) if found.there and not cleared else ""
    told = {"changed": bool(cleared), "cleared": cleared, "lines": [], "last": last}
    if params["template"]:
        if found.there and not cleared:
            live, wanted = stack.live_template(session, found.name), json.loads(params["template"])
            if said := change_set.refused(change_set.removed(live, wanted), params["kept"]):
                raise AwsError("Nothing was changed: " + " ".join(said))
        told["same"] = stack.same(session, found, params["template"], params["tags"])
    return told | ({"there": False, "status": "", "outputs": {}} if cleared else {})


def planned(session: Any, found: Any, params: dict[str, Any]) -> dict[str, Any]:
    template = params["template"]
    new = not found.there or found.status in stack.NEVER_MADE
    same = not new and stack.same(session, found, template, params["tags"])
    asked = not new and not same and params["change_set"]
    if new:
        changes = change_set.all_new(json.loads(template))
    elif asked:
        changes = change_set.planned(session, found.name, template, params["tags"], params["role"])
    else:
        changes = []
    return {
        "changed": new or not same,
        "same": same,
        "asked": asked,
        "lines": [each.line() for each in changes],
        "drift": stack_drift.read(session, found.name) if params["drift"] and not new else [],
        "refused": change_set.refused(changes, params["kept"]),
    }


def followed(session: Any, found: Any, params: dict[str, Any]) -> dict[str, Any]:
    happened = stack.events(session, found.name, params["after"]) if found.there else []
    last = happened[-1]["EventId"] if happened else params["after"]
    return {
        "changed": False,
        "lines": [stack.line(each) for each in happened],
        "last": last,
        "failure": stack.failure(happened),
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["ready", "planned", "followed"], "required": True},
            "name": {"type": "str", "required": True},
            "region": {"type": "str", "default": ""},
            "template": {"type": "str"},
            "tags": {"type": "dict", "default": {}},
            "kept": {"type": "list", "elements": "str", "default": []},
            "role": {"type": "str", "default": ""},
            "change_set": {"type": "bool", "default": False},
            "drift": {"type": "bool", "default": False},
            "after": {"type": "str", "default": ""},
            "job": {"type": "str"},
        },
        required_if=[("state", "planned", ["template"])],
        supports_check_mode=True,
    )
    if aws.MISSING:
        module.fail_json(msg=missing_required_lib(aws.MISSING))
    params = module.params
    try:
        session = Session(params["region"])
        found = stack.read(session, params["name"])
        told = {"status": found.status, "there": found.there, "busy": found.busy, "outputs": dict(found.outputs)}
        if params["state"] == "ready":
            told |= ready(session, found, params, dry=module.check_mode)
        elif params["state"] == "planned":
            told |= planned(session, found, params)
        else:
            told |= followed(session, found, params)
    except AwsError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**told)


if __name__ == "__main__":
    main()
