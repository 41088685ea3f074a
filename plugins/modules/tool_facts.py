#!/usr/bin/python
"""Module that looks for the programs and Python packages that a run needs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: tool_facts
short_description: Looks for the programs and Python packages that a run needs
version_added: 0.1.0
description:
  - Looks for Helm on PATH and for Python packages of the interpreter that runs the modules.
  - Problems are returned, all together, so that the caller can report them with others.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  packages:
    description: Python packages that must be there, by the name that is imported.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Look for the tools
  landfall.eks.tool_facts:
    packages: [kubernetes]
  register: found
"""

RETURN = r"""
helm:
  description: Version of Helm; empty if it was not found.
  type: str
  returned: always
problems:
  description: One sentence for each problem.
  type: list
  elements: str
  returned: always
"""

import os
import sys

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.preflight import tools


def main() -> None:
    module = AnsibleModule(
        argument_spec={"packages": {"type": "list", "elements": "str", "default": []}}, supports_check_mode=True
    )
    path = module.get_bin_path("helm")
    version = tools.helm_version(path) if path else ""
    problem = tools.helm_problem(path, version)
    module.exit_json(
        changed=False,
        helm=version,
        problems=[
            *([problem] if problem else []),
            *tools.package_problems(module.params["packages"], sys.executable),
            *tools.shell_problems(os.environ),
        ],
    )


if __name__ == "__main__":
    main()
