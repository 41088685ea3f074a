#!/usr/bin/python
"""Documentation of the action plugin start; nothing runs here."""

from __future__ import annotations

DOCUMENTATION = r"""
module: start
short_description: Starts the releases of a component
version_added: 0.1.0
description:
  - Starts each release that is not in sync and waits for no other one, and records all of them for
    M(landfall.eks.settle). Makes its namespace, applies its definitions and unlocks it first, where that is not done.
  - Returns the public record of the run with them; register it as C(platform_run).
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  releases:
    description: Their specifications, as the argument spec of role C(helm_release) describes them.
    type: list
    elements: dict
    required: true
  again:
    description: Of releases that are started once more, by name, what replaces fields of their record.
    type: dict
    default: {}
  history_max:
    description: Revisions that Helm keeps of each release.
    type: int
    default: 5
  folder:
    description: State folder on the control node; each job leaves its result in a folder of this host and run below it.
    type: path
    required: true
  namespace:
    description: Namespace of the Lease that the run has.
    type: str
    required: true
  namespace_metadata:
    description: C(labels) and C(annotations) of namespaces that are made.
    type: dict
    default: {}
  planning:
    description: Record what would be started, and start nothing.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Start what a component consists of
  landfall.eks.start:
    releases: "{{ efk_component.releases }}"
    folder: .landfall
    namespace: landfall-system
  register: platform_run
"""

RETURN = r"""
started:
  description: The releases that role settle waits for; all other parts of the public record are returned too.
  type: list
  elements: dict
  returned: always
"""
