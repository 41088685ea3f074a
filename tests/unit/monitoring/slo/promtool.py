"""Prometheus' own judge of rules, and what is asked of it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.unit.monitoring.slo.samples import Series

PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(not PROMTOOL, reason="not run: there is no promtool; `make system-packages`")


@dataclass(frozen=True)
class Expectation:
    """At a minute, PromQL's only sample has this value; a count of nothing is 0."""

    minute: int
    query: str
    value: float


def firing(name: str, minute: int, number: int, **labels: str) -> Expectation:
    """Expect so many alerts of a name and of labels to fire at a minute."""
    matchers = "".join(f', {label}="{value}"' for label, value in labels.items())
    query = f'count(ALERTS{{alertname="{name}", alertstate="firing"{matchers}}}) or vector(0)'
    return Expectation(minute, query, number)


@dataclass(frozen=True)
class Case:
    """What happens, a value a minute, and what is then to be seen."""

    name: str
    series: Series
    expected: Sequence[Expectation]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert PROMTOOL
    return subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, check=False, timeout=600)


def judge(folder: Path, groups: list[dict[str, Any]], cases: Sequence[Case], step: str) -> str:
    """Return what promtool has against rules, all of them evaluated at each step; empty if nothing."""
    (folder / "rules.json").write_text(json.dumps({"groups": groups}))
    asked = {"rule_files": ["rules.json"], "evaluation_interval": step, "tests": [_asked(each) for each in cases]}
    (folder / "tests.json").write_text(json.dumps(asked))
    done = run("test", "rules", str(folder / "tests.json"))
    return "" if done.returncode == 0 else done.stdout + done.stderr


def _asked(case: Case) -> dict[str, Any]:
    return {
        "name": case.name,
        "interval": "1m",
        "input_series": [
            {"series": name, "values": " ".join("_" if each is None else f"{each:f}" for each in values)}
            for name, values in case.series.items()
        ],
        "promql_expr_test": [
            {"expr": each.query, "eval_time": f"{each.minute}m", "exp_samples": [{"labels": "{}", "value": each.value}]}
            for each in case.expected
        ],
    }
