"""What can be a variable of a process's environment."""

from __future__ import annotations

from typing import Any


def fault(name: Any, value: Any) -> str:
    """Return what is wrong with a variable, as the end of a sentence that names it; empty if a process can have it.

    The value is never part of it: most of what is secret in a process's environment is a value.

    >>> fault("DEBUG", 1), fault("DEBUG", "1")
    ('is no text: write it in quotes', '')
    """
    if not isinstance(name, str) or not name or "=" in name or "\0" in name:
        return "is no name of a variable: write one such as HTTPS_PROXY"
    if not isinstance(value, str):
        return "is no text: write it in quotes"
    return "has a character that ends a text, \\0: leave it out" if "\0" in value else ""
