"""The pins of GitHub actions in workflows: `uses: <owner>/<repository>@<commit> # <tag>`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from locking.outcome import Edit, NotServedError, Outcome, OutOfReachError, unanswered

USES = re.compile(
    r"^[ \t]*(?:-[ \t]+)?uses:[ \t]+(?P<repository>[\w.-]+/[\w.-]+)(?:/[\w./-]+)?"
    r"@(?P<at>[\w./-]+)(?:[ \t]+#[ \t]*(?P<tag>\S+))?",
    re.M,
)
COMMIT = re.compile(r"[0-9a-f]{40}")
SECONDS = 60
GITHUB = "https://github.com"


@dataclass(frozen=True)
class Action:
    """An action at a tag, and the commit that it is pinned to, if any."""

    repository: str
    tag: str
    commit: str | None

    def __str__(self) -> str:
        """Return what the report calls it."""
        return f"action {self.repository}@{self.tag}"


def pins(root: Path) -> dict[Action, list[Edit]]:
    """Return the actions that workflows use, each with its places; the edits' text is still empty."""
    found: dict[Action, list[Edit]] = {}
    for path in sorted((root / ".github" / "workflows").glob("*.y*ml")):
        with path.open(encoding="utf-8", newline="") as file:
            text = file.read()
        for match in USES.finditer(text):
            pinned = COMMIT.fullmatch(match["at"])
            tag = (match["tag"] or "") if pinned else match["at"]
            action = Action(match["repository"], tag, match["at"] if pinned else None)
            found.setdefault(action, []).append(Edit(path, match.start("at"), match.end("at"), ""))
    return found


def resolve(action: Action, places: list[Edit], hub: str = GITHUB) -> list[Outcome]:
    """Compare an action's commit with its repository's; without one, that of the tag is written at each place."""
    url = f"{hub}/{action.repository}"
    if not action.tag:
        return [Outcome(str(action), f"pinned to {action.commit}, unverified (no comment says which tag that is)")]
    try:
        newest = _commit_of(url, action.tag)
        if action.commit is None:
            text = f"{newest} # {action.tag}"
            edits = [Edit(each.path, each.start, each.end, text) for each in places]
            return [Outcome(str(action), f"its repository has {newest}", edit) for edit in edits]
        if action.commit == newest:
            return [Outcome(str(action), f"pinned to {newest}, as its repository has it")]
        if _serves(url, action.commit):
            says = f"pinned to {action.commit}; the tag has moved to {newest}: put the tag in the commit's place"
            return [Outcome(str(action), f"{says} to take that")]
    except (OutOfReachError, NotServedError) as error:
        return [unanswered(str(action), action.commit, error)]
    says = f"is pinned to {action.commit}, which its repository no longer serves; the tag is {newest} now"
    return [Outcome(str(action), says, wrong=True)]


def _commit_of(url: str, tag: str) -> str:
    """Return the commit of a tag, or of a branch of that name; annotated tags lead to their commit."""
    names = [f"refs/tags/{tag}^{{}}", f"refs/tags/{tag}", f"refs/heads/{tag}"]
    rows = [line.split("\t", 1) for line in _git("ls-remote", url, *names).splitlines() if "\t" in line]
    found = {name: commit for commit, name in rows}
    commit = next((found[name] for name in names if name in found), None)
    if commit is None:
        raise NotServedError(f"{url} has no tag {tag}")
    return commit


def _serves(url: str, commit: str) -> bool:
    """Say whether a repository still hands a commit out. Raises OutOfReachError for any other trouble."""
    with tempfile.TemporaryDirectory(prefix="landfall-lock-") as folder:
        _git("init", "--quiet", "--bare", folder)
        try:
            _git("-C", folder, "fetch", "--quiet", "--depth=1", "--filter=tree:0", url, commit)
        except OutOfReachError as error:
            if "not our ref" in str(error) or "unadvertised object" in str(error):
                return False
            raise
    return True


def _git(*arguments: str) -> str:
    git = shutil.which("git")
    if git is None:
        raise OutOfReachError("there is no git on the PATH")
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            [git, *arguments], env=environment, check=True, capture_output=True, text=True, timeout=SECONDS
        )
    except (subprocess.SubprocessError, OSError) as error:
        words = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
        raise OutOfReachError(words[-1] if words else "git failed without a message") from error
    return done.stdout
