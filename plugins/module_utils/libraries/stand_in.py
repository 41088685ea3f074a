"""What stands for a library that is not installed, so that what imports it can be imported, documented and checked.

It fails where it is used, in one sentence. Each library has a file beside this one that imports it for all others, and
says in MISSING which package is missing; empty if none is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class MissingLibraryError(ImportError):
    """A sentence on the Python package that is missing."""


def sentence(package: str) -> str:
    """Return what a person is told where a package is missing."""
    return f"The Python package {package} is missing: install Landfall's requirements.txt."


class _Missing(type):
    """The type of stand-ins: whatever is taken out of one is another, and a call of one fails."""

    package: str

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):  # which Python asks for, to find out what it has before it
            raise AttributeError(name)
        return _stand_in(cls.package)

    def __call__(cls, *_arguments: Any, **_options: Any) -> Any:
        raise MissingLibraryError(sentence(cls.package), name=cls.package)


def _stand_in(package: str) -> Any:
    """Return what can stand for any module, class, function or exception of a package."""
    return _Missing("Missing", (Exception,), {"package": package})


def stand_ins(package: str) -> Callable[[str], Any]:
    """Return the `__getattr__` of a module that could not import a package, which gives a stand-in for every name."""

    def stand_in(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _stand_in(package)

    return stand_in
