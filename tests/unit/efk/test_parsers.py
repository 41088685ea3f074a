"""Golden lines of containers, through the expressions of the rendered configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.efk.fluent_bit import Joiner, Record, Rule, cri_records, renamed, rules
from tests.unit.efk.rendered import part

GOLDEN = Path(__file__).parent / "golden"
TRACES = part("MULTILINE_PARSER", "stack_traces")


def golden(name: str) -> list[Any]:
    """Return golden cases as parameters, by their names."""
    return [pytest.param(each, id=each["name"]) for each in yaml.safe_load((GOLDEN / f"{name}.yml").read_text())]


def stored(lines: list[str], left_out: Rule | None = None) -> list[Record]:
    """Return what is stored of the lines of one container's file, but for what Kubernetes says of the pod."""
    read = cri_records(lines, part("PARSER", "cri_line"), part("MULTILINE_PARSER", "cri_lines"))
    joined = Joiner(TRACES, left_out).join(read)
    return [renamed(each, part("FILTER", "names")) for each in joined]


def written(text: str) -> list[str]:
    """Return a container's text as containerd would have written it."""
    return [f"2026-11-26T03:00:00.{number:09}Z stderr F {line}" for number, line in enumerate(text.splitlines())]


@pytest.mark.parametrize("case", golden("cri"))
def test_lines_of_the_runtime(case: dict[str, Any]) -> None:
    assert stored(case["lines"]) == case["records"]


@pytest.mark.parametrize("case", golden("json"))
def test_json_of_applications_stays_a_line(case: dict[str, Any]) -> None:
    """What is made of it, test_opensearch.py asks the pipeline itself."""
    assert stored(written(case["text"])) == [{"stream": "stderr", "message": case["text"]}]
    assert part("FILTER", "metadata").get("merge_log") == "Off"


def messages(case: dict[str, Any], left_out: Rule | None = None) -> list[str]:
    # A blank line at a trace's end is nobody's loss.
    return [each["message"].rstrip("\n") for each in stored(written(case["text"]), left_out)]


@pytest.mark.parametrize("case", golden("traces"))
def test_stack_traces(case: dict[str, Any]) -> None:
    assert messages(case) == case["records"]


@pytest.mark.parametrize("rule", rules(TRACES), ids=lambda each: f"{each.states[0]}: {each.pattern}")
def test_without_any_rule_some_trace_falls_apart(rule: Rule) -> None:
    assert any(messages(case.values[0], rule) != case.values[0]["records"] for case in golden("traces"))


def test_two_containers_streams_are_joined_apart() -> None:
    lines = [
        "2026-11-26T03:00:00.1Z stderr F panic: one",
        "2026-11-26T03:00:00.2Z stdout F java.lang.Error: two",
        "2026-11-26T03:00:00.3Z stderr F ",
        "2026-11-26T03:00:00.4Z stdout F \tat org.example.Shop.main(Shop.java:1)",
        "2026-11-26T03:00:00.5Z stderr F goroutine 1 [running]:",
    ]
    assert sorted(each["message"] for each in stored(lines)) == [
        "java.lang.Error: two\n\tat org.example.Shop.main(Shop.java:1)",
        "panic: one\n\ngoroutine 1 [running]:",
    ]
