"""The worked example of an automation endpoint, and what its condition says of a message."""

from __future__ import annotations

import re
from functools import reduce
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
RULEBOOK = ROOT / "docs/examples/rulebooks/answer_pages.yml"
PLAYBOOK = ROOT / "docs/examples/playbooks/restart_flask_app.yml"
CONDITION = re.compile(r'event\.payload\.([\w.]+) == "([^"]*)"')


def ruleset() -> dict[str, Any]:
    (found,) = yaml.safe_load(RULEBOOK.read_text())
    assert isinstance(found, dict)
    return found


def rule() -> dict[str, Any]:
    (found,) = ruleset()["rules"]
    assert isinstance(found, dict)
    return found


def answers(payload: dict[str, Any]) -> bool:
    """Say whether the example would act on what Alertmanager sends: all its comparisons, joined by `and`, hold."""
    condition = " ".join(rule()["condition"].split())
    terms = condition.split(" and ")
    compared = [CONDITION.fullmatch(term) for term in terms]
    assert all(compared), f"the tests read no more than == and `and`: {condition}"
    return all(_at(payload, found[1]) == found[2] for found in compared if found)


def _at(payload: dict[str, Any], path: str) -> Any:
    return reduce(lambda inner, step: (inner or {}).get(step), path.split("."), payload)  # type: ignore[arg-type,return-value]
