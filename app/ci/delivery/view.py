"""What one look shows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

State = Literal["waiting", "healthy", "failed", "superseded"]
Holds = Callable[[str], bool]
"""Says whether a commit, 40 digits, has the wanted one in its history (or is it)."""


@dataclass(frozen=True)
class View:
    """A state, and what there is to say about it; "failed" counts only once it lasts."""

    state: State
    says: str


class Place(Protocol):
    """Somewhere to look at what became of a bump."""

    name: str

    def look(self) -> View:
        """Return what is to be seen now. Raises DeliveryError."""

    def check(self) -> None:
        """Raise DeliveryError if it cannot be looked at."""
