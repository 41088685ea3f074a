"""What actions show a person beside the output of the stdout callback."""

from __future__ import annotations

from ansible import constants
from ansible.utils.display import Display

FOR_PEOPLE = frozenset({"landfall.eks.rollout", "ansible.builtin.default", "default", "awx_display"})
"""Stdout callbacks that people read; the output of any other one may be what a program reads."""


def say(text: str, *, screen_only: bool = False, newline: bool = True) -> None:
    """Show a line: on stdout where a person reads that, else on stderr.

    With `screen_only` it is not written to Ansible's log file.
    """
    aside = constants.DEFAULT_STDOUT_CALLBACK not in FOR_PEOPLE
    Display().display(text, stderr=aside, screen_only=screen_only, newline=newline)
