"""What the application itself says is running: its page `/` as JSON has the commit it was built from."""

import os
import re
import sys
from collections.abc import Mapping

from delivery.errors import UnreachableError
from delivery.view import Holds, View
from delivery.web import Web

ANSWERS = 5
"""In a row: while pods are being replaced, old and new ones answer in turn."""


class Version:
    """The address at which the deployed application says its version and revision."""

    def __init__(self, commit: str, holds: Holds, environ: Mapping[str, str] = os.environ) -> None:
        """Take VERSION_URL from `environ`; `holds` says whether a revision has `commit` in its history."""
        self.name = environ.get("VERSION_URL", "")
        self._web = Web(self.name, environ=environ)
        self._commit, self._holds = commit, holds
        self._answered = False

    def check(self) -> None:
        """Say so if nothing answers: before the first rollout, nothing does."""
        try:
            self._revision()
        except UnreachableError as error:
            print(f"deployed: {error} It may do so after the first rollout.", file=sys.stderr)

    def look(self) -> View:
        """Ask until the answers differ or are enough. What answered once and then does not is down, not unknown."""
        for _ in range(ANSWERS):
            try:
                revision = self._revision()
            except UnreachableError as error:
                if not self._answered:
                    raise
                return View("waiting", f"answers no more: {error}")
            self._answered = True
            if revision != self._commit and not (re.fullmatch("[0-9a-f]{40}", revision) and self._holds(revision)):
                return View("waiting", f"answers revision {revision}")
        return View("healthy", f"answered revision {revision} {ANSWERS} times in a row")

    def _revision(self) -> str:
        answer = self._web.ask()
        if isinstance(answer, dict) and isinstance(answer.get("revision"), str):
            return str(answer["revision"])
        raise UnreachableError(f"{self.name} answers without a revision.")
