#!/usr/bin/python
"""Documentation of the action run_record, which does its work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: run_record
short_description: Adds to the public record of a run
version_added: 0.1.0
description:
  - Returns the record of a run with further parts; it is registered as C(platform_run), and is no fact.
  - Where O(parts) has C(cluster), the specifications of the run's releases are evaluated again, without their values.
  - Role platform describes the parts. This is an action; its work is done on the controller.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  parts:
    description: Parts of the record; C(started), C(planned) and C(kept) grow, all others are replaced.
    type: dict
    required: true
  new:
    description: Whether to begin a new record, whatever an earlier play of the same process has registered.
    type: bool
    default: false
  of_this_play:
    description: Whether to begin a new record if the one so far is of an earlier play, whose run has ended.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Record what an uninstall keeps
  landfall.eks.run_record:
    parts: {kept: [things.example.org]}
  register: platform_run
"""

RETURN = r"""
started:
  description: One of the parts; all of them are returned.
  type: list
  elements: dict
  returned: always
"""
