#!/usr/bin/python
"""Documentation of the action look, which does its work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: look
short_description: Makes several looks in one task, and begins the record of a run
version_added: 0.1.0
description:
  - Runs modules that change nothing, one after another, in check mode. Each is given what the ones before it found.
  - Returns the record of the run; it is registered as C(platform_run), and is no fact.
  - This is an action; its work is done on the controller.
author: The Landfall authors (@landfall)
options:
  steps:
    description:
      - Name of a variable that holds the steps. A step that looks has C(look), the name of a module of this collection,
        C(with), its arguments, and C(found), the variable that the following steps find its result in; C(warns) names
        the key of that result whose sentences are warnings. A step that records has C(record), parts of the record.
        C(when) is true for a step that is made.
      - The variable is evaluated step by step, so that a step may name what an earlier one found.
    type: str
    required: true
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
"""

EXAMPLES = r"""
- name: Look at the tools
  landfall.eks.look:
    steps: my_steps
  vars:
    my_steps:
      - {look: tool_facts, with: {packages: [kubernetes]}, found: my_tools}
      - record: {problems: "{{ my_tools.problems }}"}
  register: platform_run
"""

RETURN = r"""
cluster:
  description: One of the parts of the record; all of them are returned.
  type: dict
  returned: always
"""
