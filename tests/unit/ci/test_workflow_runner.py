"""How tests/e2e/chain runs the workflow's steps outside GitHub: its conditions, its outputs, and what stops it."""

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.chain.workflow import Workflow, evaluate

WORKFLOW = """
jobs:
  first:
    outputs: {tag: "${{ steps.named.outputs.tag }}"}
    steps:
      - {name: Fetch, uses: actions/checkout@v6}
      - {name: Install, run: exit 9}
      - {name: Name, id: named, run: 'echo "tag=1.$NUMBER" >> "$GITHUB_OUTPUT"', env: {NUMBER: "${{ vars.NUMBER }}"}}
  second:
    needs: first
    steps:
      - {name: Use, run: 'test "$TAG" = 1.5', env: {TAG: "${{ needs.first.outputs.tag }}"}}
      - {name: Skip, if: vars.NOTHING != '', run: exit 9}
      - {name: Fail, id: failing, run: 'echo "verdict=failed" >> "$GITHUB_OUTPUT"; exit 1'}
      - {name: After, run: exit 0}
      - {name: Mend, if: failure() && steps.failing.outputs.verdict == 'failed', run: exit 0}
  third:
    needs: second
    steps: [{name: Never, run: exit 0}]
"""
CONTEXTS = {"vars": {"NUMBER": "5"}, "github": {"event_name": "push"}}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("github.event_name == 'push'", True),
        ("vars.NUMBER != '' || vars.OTHER != ''", True),
        ("vars.OTHER || vars.NUMBER", "5"),
        ("success() && (vars.NUMBER == '4' || vars.OTHER == 'it''s')", False),
        ("!failure()", True),
    ],
)
def test_expressions(expression: str, value: Any) -> None:
    assert evaluate(expression, CONTEXTS, failed=False) == value


@pytest.mark.parametrize("expression", ["hashFiles('a')", "vars.A >= '1'", "contains(vars.A, 'b')"])
def test_an_expression_that_is_not_understood(expression: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        evaluate(expression, CONTEXTS, failed=False)


def test_jobs_and_steps(tmp_path: Path) -> None:
    path = tmp_path / "workflow.yml"
    path.write_text(WORKFLOW)
    workflow = Workflow(path, CONTEXTS, {"PATH": "/usr/bin:/bin"}, ("Install",))
    run = workflow.run(lambda _: tmp_path, tmp_path)
    assert [(step.name, step.status) for step in run.steps] == [
        ("Name", 0),
        ("Use", 0),
        ("Skip", None),
        ("Fail", 1),
        ("After", None),
        ("Mend", 0),
        ("Never", None),
    ]
    assert run.failed.name == "Fail"
    again = workflow.run(lambda _: tmp_path, tmp_path, earlier=run)
    assert [step.name for step in again.steps][:1] == ["Use"], "what succeeded is not run again"
