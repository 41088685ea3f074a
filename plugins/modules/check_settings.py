#!/usr/bin/python
"""Documentation of the action check_settings, which does its work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: check_settings
short_description: Judges all settings of a host at once
description:
  - Compares the variables of a host with the argument specs of all roles of this collection, and with a table of checks
    that no type can say.
  - Finds names that look like a setting of the collection and are none, and tags that no role has.
  - Problems are returned, all together, so that the caller can report them with others.
  - This is an action; its work is done on the controller.
author: The Landfall authors
options:
  tags:
    description: The tags that a user may give; each is the name of a role, and begins the names of its settings.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Judge the settings
  landfall.eks.check_settings:
    tags: [preflight, ingress, hosts]
  register: __preflight_settings
"""

RETURN = r"""
problems:
  description: One sentence for each problem.
  type: list
  elements: str
  returned: always
usable:
  description: Whether the settings by which cluster and hosts file are found are of the right types.
  type: bool
  returned: always
roles:
  description: The roles of the play that this run selects and that are enabled.
  type: list
  elements: str
  returned: always
components:
  description: Those of C(roles) that roll out Helm releases.
  type: list
  elements: str
  returned: always
releases:
  description: The components' releases, each C({name, namespace, setting}), the last naming the namespace's variable.
  type: list
  elements: dict
  returned: always
pins:
  description: The charts, C({ref, version, sha256}), of the components' releases, by the name of the release.
  type: dict
  returned: always
"""
