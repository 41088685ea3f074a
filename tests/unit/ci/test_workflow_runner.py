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
      - {name: Make, run: 'echo made > "$FILE"', env: {FILE: "${{ runner.temp }}/file"}}
      - {name: Hand over, uses: actions/upload-artifact@v7, with: {name: file, path: "${{ runner.temp }}/file"}}
  second:
    needs: first
    steps:
      - {name: Take over, uses: actions/download-artifact@v8, with: {name: file, path: "${{ runner.temp }}/again"}}
      - {name: Read, run: grep made again/file}
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
    (tmp_path / "again").mkdir()
    contexts = CONTEXTS | {"runner": {"temp": str(tmp_path)}}
    workflow = Workflow(path, contexts, {"PATH": "/usr/bin:/bin"}, ("Install",))
    run = workflow.run(lambda _: tmp_path, tmp_path)
    assert [(step.name, step.status) for step in run.steps] == [
        ("Name", 0),
        ("Make", 0),
        ("Read", 0),
        ("Use", 0),
        ("Skip", None),
        ("Fail", 1),
        ("After", None),
        ("Mend", 0),
        ("Never", None),
    ]
    assert run.failed.name == "Fail"
    (tmp_path / "again" / "file").unlink()
    again = workflow.run(lambda _: tmp_path, tmp_path, earlier=run)
    assert again.steps[0].name == "Read", "what succeeded is not run again"
    assert again.steps[0].status == 0, "its artifact is still there"
