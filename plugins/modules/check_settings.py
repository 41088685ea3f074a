#!/usr/bin/python
"""Documentation of the action check_settings, which does its work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: check_settings
short_description: Judges all settings of a host at once
version_added: 0.1.0
description:
  - Compares the variables of a host with the argument specs of all roles of this collection, and with a table of checks
    that no type can say.
  - Finds names that are a typo of a setting, unless C(platform_own_variables) lists them, and tags that no role has.
  - Problems are returned, all together, so that the caller can report them with others.
  - This is an action; its work is done on the controller.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  about:
    description:
      - The role of a verb that rolls nothing out, whose settings alone are judged.
      - Without it, all roles of the play that the tags select are judged.
    type: str
    default: ""
  alone:
    description:
      - The component role that begins a run in a play of somebody's own, whose tags are its author's. The roles that
        the play lists or imports are judged with it, unless tags select from them.
    type: str
    default: ""
  certificates:
    description: Whether to return the certificates that components want, for which their credentials are evaluated.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Judge the settings
  landfall.eks.check_settings:
    about: status
  register: judged
"""

RETURN = r"""
problems:
  description: One sentence for each problem.
  type: list
  elements: str
  returned: always
usable:
  description:
    - Whether the settings by which cluster and hosts file are found are of the right types, and no URL has a login.
  type: bool
  returned: always
left_alone:
  description: Names that begin like a setting and are none, those that C(platform_own_variables) lists excepted.
  type: list
  elements: str
  returned: always
roles:
  description: The roles of the play that this run selects and that are enabled.
  type: list
  elements: str
  returned: always
components:
  description: Those of C(roles) that are components, and say so in C(<role>_component).
  type: list
  elements: str
  returned: always
kinds:
  description: Kinds that the components bring, as group/version/Kind.
  type: list
  elements: str
  returned: always
hosts:
  description: Host names, by the release behind each.
  type: dict
  returned: always
names:
  description: The names of all enabled components of the play, C({host, namespace, release}), that are in
    C(platform_domain) or C(hosts_names).
  type: list
  elements: dict
  returned: always
checks:
  description: What verify tries of the components.
  type: list
  elements: dict
  returned: always
certificates:
  description: The certificates that enabled components want, each with its C(component).
  type: list
  elements: dict
  returned: always
permitted:
  description: The names that the cluster's own CA may sign for, without those of load balancers.
  type: list
  elements: str
  returned: always
balanced:
  description: The releases of all enabled components that have a load balancer, whichever tags are selected.
  type: list
  elements: dict
  returned: always
without_aws:
  description: Settings that hand in what permissions in AWS would find or make.
  type: list
  elements: dict
  returned: always
releases:
  description: The components' release specifications, without their values.
  type: list
  elements: dict
  returned: always
"""
