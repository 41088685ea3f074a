"""Filter for the `environment` of a play: processes inherit it, and no command shows it."""

from __future__ import annotations

DOCUMENTATION = r"""
name: inherited
author: The Landfall authors (@landfall)
short_description: Hands an environment to the processes of a task without showing it
version_added: 0.1.0
description:
  - Ansible writes the variables of C(environment) into the command that starts a module. There the list of processes
    and C(-vvv) show them, passwords and tokens among them.
  - This filter gives them to the worker of the task instead. What the worker starts on this machine inherits them, with
    C(async) too. A process of another user, with C(become), does not get them.
  - Only for plays with the connection local, which are all that Landfall has.
options:
  _input:
    description: Variables by name. What is no text is left out.
    type: dict
    required: true
extends_documentation_fragment: [landfall.eks.attributes.api]
"""

EXAMPLES = r"""
- name: Look at the platform
  hosts: clusters
  environment: "{{ platform_environment | landfall.eks.inherited }}"
"""

RETURN = r"""
_value:
  description: An empty environment.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.landfall.eks.plugins.plugin_utils.environment import hand_on


def inherited(environment: Any) -> dict[str, str]:
    """Hand an environment on to the processes of this task; return what a command may show of it, which is nothing."""
    hand_on(environment)
    return {}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, str]]]:
        return {"inherited": inherited}
