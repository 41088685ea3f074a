"""What the checks of settings look at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.settings.specs import Setting


@dataclass(frozen=True)
class Situation:
    """What the checks look at.

    `values` are the settings that are of the right type, coerced to it, by name; `roles` are the roles, without their
    collection's name, that this run selects and that are enabled; `merged` are settings, by name, over what Landfall
    itself has there.
    """

    values: Mapping[str, Any]
    settings: Mapping[str, Setting]
    roles: tuple[str, ...]
    merged: Mapping[str, Any] = field(default_factory=dict)

    def ending(self, *endings: str) -> Iterator[tuple[str, Any]]:
        """Yield (name, value) of the settings whose name ends so; empty ones only if they must not be empty."""
        for name, value in self.values.items():
            may_be_empty = self.settings[name].option.get("default", "") in ("", None)
            if name.endswith(endings) and (value or not may_be_empty):
                yield name, value

    def follows(self, name: str) -> bool:
        """Whether a setting is by default what another one is, and is what that one is."""
        default = re.fullmatch(r"{{ (\w+) }}", str(self.settings[name].option.get("default")))
        return default is not None and default[1] in self.values and self.values[default[1]] == self.values.get(name)

    @property
    def real(self) -> bool:
        """Whether this run rolls out on a real cluster."""
        return not self.values.get("platform_simulated") and self.values.get("platform_state") != "absent"

    def enabled(self, role: str) -> bool:
        """Whether a role is switched on; one without a switch is."""
        return bool(self.values.get(f"{role}_enabled", True))
