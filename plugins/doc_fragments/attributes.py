"""What all modules of this collection have in common: how they run, and whether others may rely on them."""

from __future__ import annotations


class ModuleDocFragment:
    """Named by every module under `extends_documentation_fragment`, as attributes, and as API or internal."""

    DOCUMENTATION = r"""
requirements:
  - Python 3.12 or later on the control node, with the packages of the collection's C(meta/ee-requirements.txt)
attributes:
  action:
    description: Whether an action plugin does the work on the control node.
    support: full
    details:
      - Runs in Ansible's own worker. It becomes a process of its own with C(become), with C(async) and on macOS.
  async:
    description: Whether the task can run in the background.
    support: none
  check_mode:
    description: Whether the task says in check mode what it would do, and changes nothing.
    support: full
  diff_mode:
    description: Whether the task shows what it changes as a difference.
    support: none
  platform:
    description: Where the task runs.
    support: full
    platforms: posix
"""

    API = r"""
options: {}
notes:
  - Part of the collection's API. Its options and return values change only with the major version.
"""

    INTERNAL = r"""
options: {}
notes:
  - Internal. The roles and playbooks of this collection use it, and its options may change with any version.
"""
