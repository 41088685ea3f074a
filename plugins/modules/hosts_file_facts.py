#!/usr/bin/python
"""Module that tells whether a hosts file can be written."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hosts_file_facts
short_description: Tells whether a hosts file can be written
version_added: 0.1.0
description:
  - Tells whether the user that runs the module could write the block of a cluster into a hosts file. Changes nothing.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  path:
    description: The hosts file.
    type: path
    required: true
  cluster:
    description: Name of the cluster, part of the marker lines.
    type: str
    required: true
  names:
    description: Host names that the block may get; those of a wrong form are left to M(landfall.eks.check_settings).
    type: list
    elements: str
    default: []
  writing:
    description: Whether there is to be a block; otherwise the file has to be writable only if there is one to remove.
    type: bool
    default: true
  own_folder:
    description: A folder that need not be there, since the run makes it.
    type: path
"""

EXAMPLES = r"""
- name: Look at the hosts file
  landfall.eks.hosts_file_facts:
    path: /etc/hosts
    cluster: production
  register: found
"""

RETURN = r"""
writable:
  description: Whether the file can be written.
  type: bool
  returned: always
problem:
  description: Why it cannot be written, in one sentence; empty if it can.
  type: str
  returned: always
refused:
  description: Why single names are not written, one sentence for each.
  type: list
  elements: str
  returned: always
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.hosts import file
from ansible_collections.landfall.eks.plugins.module_utils.hosts.names import host_problem


def block_problem(path: Path, cluster: str) -> str:
    """Return one sentence if the block of `cluster` in a file is broken or the file cannot be read; empty if not."""
    try:
        file.with_block(file.read(path), cluster, [])
    except file.HostsFileError as error:
        return f"hosts_file ({path}) {error}."
    except OSError as error:
        return f"hosts_file ({path}) cannot be read ({error.strerror}): write the path of a hosts file."
    return ""


def is_left_alone(path: Path, cluster: str) -> bool:
    """Say whether a run that wants no block has nothing to do with a file."""
    try:
        content = file.read(path)
        return file.with_block(content, cluster, []) == content
    except (file.HostsFileError, OSError):
        return False


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "cluster": {"type": "str", "required": True},
            "names": {"type": "list", "elements": "str", "default": []},
            "writing": {"type": "bool", "default": True},
            "own_folder": {"type": "path"},
        },
        supports_check_mode=True,
    )
    params, path = module.params, Path(module.params["path"])
    if not params["writing"] and is_left_alone(path, params["cluster"]):
        module.exit_json(changed=False, writable=True, problem="", refused=[])
    own_folder = Path(params["own_folder"]) if params["own_folder"] else None
    broken = block_problem(path, params["cluster"])
    problem = file.problem_with(path, own_folder) or broken
    names = [each for each in params["names"] if not host_problem(each)]
    refused = [] if broken else file.refusals(file.read(path), params["cluster"], [], names)
    module.exit_json(
        changed=False,
        writable=not problem,
        problem=problem,
        refused=[f"hosts_file ({path}) does not get every name: {each}." for each in refused],
    )


if __name__ == "__main__":
    main()
