"""The repository that is delivered: the application of this checkout at a git server on loopback, and clones of it."""

import hashlib
import hmac
import json
import shutil
import subprocess
from pathlib import Path

import yaml

from tests.e2e.chain.web import ask
from tests.e2e.machine import ROOT
from tests.unit.ci import git_server

NAME = "acme/shop"
# All that the pipeline's jobs read.
CONTENT = ("app", "Dockerfile", ".dockerignore", ".python-version", "pyproject.toml", ".github/workflows/pipeline.yaml")
VALUES = Path("app/chart/values.yaml")
DEVELOPER, PIPELINE, READER = "developers-token", "pipelines-token", "argocds-token"


class Repository:
    """A bare repository behind a server with tokens, the clone of a person, and the webhook that a push calls."""

    def __init__(self, folder, server, environment):
        """Make it in `folder`, which `server` serves."""
        self.folder, self.server, self.environment = folder, server, environment
        self.bare, self.clone = folder / f"{NAME}.git", folder / "developer"
        self.url = f"{server.url}/{NAME}.git"
        server.rights.update({DEVELOPER: "write", PIPELINE: "write", READER: "read"})
        server.pushed = self._pushed
        self.webhook = None
        self.hooks = []
        self.git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(self.bare))

    def git(self, where, *words):
        """Run git; return what it printed."""
        done = subprocess.run(
            ["git", "-C", str(where), *words], env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"git {' '.join(words)}: {done.stderr}"
        return done.stdout.strip()

    def fill(self, image_repository):
        """Push the application of this checkout, as its working tree has it, with the name of its images written in."""
        self.cloned(self.clone, DEVELOPER)
        listed = self.git(ROOT, "ls-files", "-z", "--", *CONTENT).split("\0")
        for name in filter(None, listed):
            if (ROOT / name).exists():
                (self.clone / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.clone / name)
        self.edit(VALUES, "repository: landfall/flask-app", f"repository: {image_repository}")
        return self.commit("The application")

    def cloned(self, where, token):
        """Clone it with a token that stays in the clone only for git itself."""
        address = self.url.replace("://", f"://git:{token}@")
        self.git(self.folder, "clone", "--quiet", address, str(where))
        return where

    def checkout(self, where, commit):
        """Make a clone at a commit, without credentials, as the workflow's first step leaves one."""
        self.git(self.folder, "clone", "--quiet", str(self.bare), str(where))
        self.git(where, "remote", "set-url", "origin", self.url)
        self.git(where, "checkout", "--quiet", "--detach", commit)
        return where

    def edit(self, name, old, new):
        """Replace a piece of a file of the person's clone; it must be there."""
        path = self.clone / name
        text = path.read_text()
        assert old in text, f"{name} has no {old!r}: this test must follow it"
        path.write_text(text.replace(old, new, 1))

    def commit(self, *messages):
        """Commit what was edited on top of what is there, push it, and return the commit.

        With several messages, that many commits, the others without a change.
        """
        self.git(self.clone, "add", "--all")
        for message in messages:
            self.git(self.clone, "commit", "--quiet", "--allow-empty", "--message", message)
        if self.git(self.bare, "for-each-ref", "refs/heads/main"):
            self.git(self.clone, "pull", "--quiet", "--rebase", "origin", "main")
        self.git(self.clone, "push", "--quiet", "origin", "HEAD:refs/heads/main")
        return self.git(self.clone, "rev-parse", "HEAD")

    def head(self):
        """Return the newest commit."""
        return self.git(self.bare, "rev-parse", "main")

    def newest(self, number):
        """Return the newest commits, the newest last."""
        return self.git(self.bare, "log", f"-{number}", "--format=%H", "--reverse", "main").splitlines()

    def image(self):
        """Return the chart's image as the newest commit has it."""
        return yaml.safe_load(self.git(self.bare, "show", f"main:{VALUES}"))["image"]

    def message(self):
        """Return what the newest commit says."""
        return self.git(self.bare, "log", "-1", "--format=%B", "main")

    def _pushed(self):
        if self.webhook:
            self.hooks.append(self.call(*self.webhook))

    def call(self, url, secret):
        """Send what GitHub sends of a push, signed with `secret`; return the answer's status."""
        branch = {"ref": "refs/heads/main", "before": "0" * 40, "after": self.head(), "commits": []}
        about = {"html_url": self.url.removesuffix(".git"), "default_branch": "main"}
        body = json.dumps(branch | {"repository": about}).encode()
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-GitHub-Event": "push", "X-Hub-Signature-256": f"sha256={signature}"}
        return ask(f"{url}/api/webhook", body, **headers)[0]


def serving(folder):
    """Serve the repositories of a folder; a context manager."""
    return git_server.serving(folder)
