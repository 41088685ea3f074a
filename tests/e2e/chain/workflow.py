"""Runs the `run:` steps of .github/workflows/pipeline.yaml, in their order and under their conditions, outside GitHub.

Artifacts go from one job to the next as at GitHub, and stay for the jobs that are run again; other actions do nothing.

Only what that workflow uses of GitHub's language is understood: names, texts, &&, ||, ==, !=, ! and the functions
success and failure. An expression with anything else is an error, so that a change of the workflow is noticed.
"""

import re
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import yaml

TOKEN = re.compile(r"\s*('(?:[^']|'')*'|[A-Za-z_][\w-]*(?:\.[\w-]+)*(?:\(\))?|&&|\|\||==|!=|!|[()])")
PYTHON = {"&&": " and ", "||": " or ", "!": " not "}
FUNCTIONS = ("success()", "failure()")
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


@dataclass
class Step:
    """What became of a step; `status` is None where it was skipped."""

    job: str
    name: str
    status: int | None = None
    ended: float = 0.0
    seconds: float = 0.0
    said: str = ""


@dataclass
class Run:
    """What became of a run of the workflow."""

    steps: list[Step] = field(default_factory=list)
    needs: dict = field(default_factory=dict)
    outputs: dict = field(default_factory=dict)
    artifacts: dict = field(default_factory=dict)

    @property
    def failed(self):
        """Return the first step that failed, or None."""
        return next((each for each in self.steps if each.status), None)

    def step(self, name):
        """Return the step whose name begins so."""
        return next(each for each in self.steps if each.name.startswith(name))

    def said(self):
        """Return all that the steps said, for a failure's message."""
        return "\n".join(f"--- {each.name} ({each.status}, {each.seconds:.1f} s)\n{each.said}" for each in self.steps)


class Workflow:
    """The workflow with the contexts of one run: {"github": {...}, "vars": {...}, "secrets": {...}, ...}."""

    def __init__(self, path, contexts, environment, left_out):
        """`left_out` are beginnings of the names of steps that cannot run here, each with the reason why."""
        self.jobs = yaml.safe_load(path.read_text())["jobs"]
        self.contexts, self.environment, self.left_out = contexts, environment, left_out

    def run(self, checkout, scratch, earlier=None, before=None, jobs=None):
        """Run the jobs, each in a fresh clone that `checkout(job)` makes; `scratch` is a folder for outputs.

        With `earlier`, a run that failed, only the jobs that did not succeed there, as "Re-run failed jobs" does.
        `before` is called with the name of each step that is about to run. `jobs` are those to run, or None for all.
        """
        run = Run(artifacts=dict(earlier.artifacts) if earlier else {})
        needs = run.needs
        self.before = before or (lambda name: None)
        for name, job in self.jobs.items():
            if jobs and name not in jobs:
                continue
            if earlier and earlier.needs.get(name, {}).get("result") == "success":
                needs[name] = earlier.needs[name]
                continue
            wanted = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            met = all(needs[each]["result"] == "success" for each in wanted)
            contexts = self.contexts | {"needs": needs, "steps": {}}
            if not met or not evaluate(job.get("if", "success()"), contexts, failed=False):
                run.steps += [Step(name, step["name"]) for step in job["steps"] if "run" in step]
                needs[name] = {"result": "skipped", "outputs": {}}
                continue
            failed = self._job(run, name, checkout(name), contexts, scratch)
            outputs = {key: fill(value, contexts, failed) for key, value in job.get("outputs", {}).items()}
            needs[name] = {"result": "failure" if failed else "success", "outputs": outputs}
            run.outputs |= {f"{name}.{step}": found["outputs"] for step, found in contexts["steps"].items()}
        return run

    def _job(self, run, name, folder, contexts, scratch):
        job = self.jobs[name]
        failed = False
        for step in job["steps"]:
            if "uses" in step and not failed:
                self._hand_over(run.artifacts, step, contexts)
            if "run" not in step or any(step["name"].startswith(each) for each in self.left_out):
                continue
            made = Step(name, step["name"])
            run.steps.append(made)
            condition = step.get("if", "success()")
            if not any(function in condition for function in FUNCTIONS):
                condition = f"success() && ({condition})"
            if not evaluate(condition, contexts, failed):
                continue
            variables = {
                key: fill(value, contexts, failed)
                for key, value in {**job.get("env", {}), **step.get("env", {})}.items()
            }
            output = scratch / f"{name}-{step.get('id', 'step')}.output"
            output.write_text("")
            self.before(made.name)
            self._execute(made, step["run"], folder, variables | {"GITHUB_OUTPUT": str(output)})
            if step.get("id"):
                lines = [line.split("=", 1) for line in output.read_text().splitlines()]
                contexts["steps"][step["id"]] = {"outputs": dict(lines)}
            failed = failed or made.status != 0
        return failed

    def _hand_over(self, artifacts, step, contexts):
        """Keep the file of an artifact that is uploaded, and write that of one that is downloaded."""
        action = step["uses"].partition("@")[0]
        if action not in ("actions/upload-artifact", "actions/download-artifact"):
            return
        name, path = (fill(step["with"][key], contexts, failed=False) for key in ("name", "path"))
        if action == "actions/upload-artifact":
            artifacts[name] = (Path(path).name, Path(path).read_bytes())
        else:
            file, content = artifacts[name]
            (Path(path) / file).write_bytes(content)

    def _execute(self, step, script, folder, variables):
        begun = time.monotonic()
        done = subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=folder,
            env=self.environment | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        step.status, step.said, step.ended = done.returncode, done.stdout, time.monotonic()
        step.seconds = step.ended - begun


def fill(text, contexts, failed):
    """Return a value of the workflow with its ${{ expressions }} evaluated."""
    return EXPRESSION.sub(lambda found: str(evaluate(found[1], contexts, failed)), str(text))


def evaluate(expression, contexts, failed):
    """Return what an expression comes to; a name that leads nowhere is an empty text, as at GitHub."""
    expression = expression.strip()
    translated, place = [], 0
    while place < len(expression):
        token = TOKEN.match(expression, place)
        if not token:
            raise ValueError(f"this expression of the workflow is not understood here: {expression!r}")
        translated.append(_translated(token[1]))
        place = token.end()
    known = {"look": lambda name: _look(name, contexts), "failure": lambda: failed, "success": lambda: not failed}
    return eval("".join(translated), {"__builtins__": {}}, known)  # noqa: S307 - made of the tokens above alone


def _translated(token):
    if token.startswith("'"):
        return repr(token[1:-1].replace("''", "'"))
    if token in FUNCTIONS or token in {"==", "!=", "(", ")"}:
        return token
    return PYTHON.get(token) or f"look({token!r})"


def _look(name, contexts):
    found = contexts
    for part in name.split("."):
        found = found.get(part, "") if isinstance(found, dict) else ""
    return found
