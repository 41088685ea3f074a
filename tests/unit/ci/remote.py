"""A repository at an origin of its own, and clones of it, as the pipeline meets them."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from delivery.git import Git
from delivery.repository import Repository
from delivery.values import Image, image_of

ROOT = Path(__file__).parents[3]
CI = ROOT / "app" / "ci"
VALUES = PurePosixPath("app/chart/values.yaml")
DIGEST = "sha256:" + "1" * 64
TEXT = """\
# tag: this is no tag
other: {tag: keep}
image:
  # why
  repository: acme/app   # whose
  tag: ""   # which
  pullPolicy: Always
  digest: ''
last: 1
"""
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": os.devnull,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{role}_{key}": "test" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")},
}


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True).stdout.strip()


@dataclass
class Remote:
    """The bare repository `origin.git` in a folder, with clones beside it."""

    folder: Path
    clone: Path = field(init=False)

    def __post_init__(self) -> None:
        git(self.folder, "init", "--bare", "--initial-branch=main", "origin.git")
        self.clone = self.cloned("clone")
        values = self.clone / VALUES
        values.parent.mkdir(parents=True)
        values.write_text(TEXT)
        self.commit("first")

    @property
    def bare(self) -> Path:
        return self.folder / "origin.git"

    def cloned(self, name: str, *options: str) -> Path:
        git(self.folder, "clone", *options, f"file://{self.bare}", name)
        return self.folder / name

    def commit(self, text: str, path: str = "source", clone: Path | None = None) -> str:
        """Push a commit that writes `text` to a file; return it."""
        folder = clone or self.clone
        git(folder, "fetch", "origin")
        if git(folder, "for-each-ref", "refs/remotes/origin/main"):
            git(folder, "reset", "--hard", "origin/main")
        (folder / path).write_text(text)
        git(folder, "add", ".")
        git(folder, "commit", "--message", text)
        git(folder, "push", "origin", "HEAD:refs/heads/main")
        return git(folder, "rev-parse", "HEAD")

    def text(self, branch: str = "main") -> str:
        """The values as they are at origin."""
        return git(self.bare, "cat-file", "blob", f"{branch}:{VALUES}") + "\n"

    def live(self, branch: str = "main") -> Image:
        return image_of(self.text(branch))

    def subjects(self) -> list[str]:
        """What the commits of main say, newest first."""
        return git(self.bare, "log", "--format=%s", "main").splitlines()

    def repository(self, clone: Path | None = None) -> Repository:
        return Repository(Git(clone or self.clone, ENVIRONMENT), VALUES)

    def hook(self, name: str, script: str) -> None:
        path = self.bare / "hooks" / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)


@dataclass(frozen=True)
class Ran:
    """What became of a script: its status, its outputs, and what it said."""

    status: int
    outputs: dict[str, str]
    said: str


def tag(commit: str) -> str:
    return f"1.0.0-{commit[:12]}"


def script(name: str, folder: Path, *arguments: str, **environment: str) -> Ran:
    """Run a script of app/ci as the workflow does, in `folder`."""
    command = [sys.executable, str(CI / name), *arguments]
    done = subprocess.run(
        command, cwd=folder, env=ENVIRONMENT | environment, capture_output=True, text=True, timeout=600, check=False
    )
    outputs = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    return Ran(done.returncode, outputs, done.stderr)


def bump(folder: Path, commit: str, *arguments: str, **environment: str) -> Ran:
    """Bump main to the build of `commit`."""
    options = ["--tag", tag(commit), "--digest", DIGEST, "--commit", commit, "--push", "main", *arguments]
    return script("bump.py", folder, *options, **environment)
