"""Objects as a real API server gave them, and a cluster in memory."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.fake_cluster import FakeCluster

RECORDED: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "recorded.json").read_text())


def recorded(kind: str) -> dict[str, Any]:
    """Return a fresh copy of the recorded object of a kind, with its bookkeeping."""
    return copy.deepcopy(RECORDED[kind])


def changed(found: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy with another value at a path of plain field names; None takes the field away."""
    made = copy.deepcopy(found)
    *way, last = path.split(".")
    holder = made
    for each in way:
        holder = holder.setdefault(each, {})
    if value is None:
        holder.pop(last, None)
    else:
        holder[last] = value
    return made


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster()
