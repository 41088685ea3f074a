"""Runs git, with a token that no command line and no file sees, and says in one sentence why it failed."""

import base64
import ipaddress
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from delivery.errors import DeliveryError, LostRaceError, ProtectedError, RefusedError, UnreachableError

IDENTITY = {"NAME": "github-actions[bot]", "EMAIL": "41898282+github-actions[bot]@users.noreply.github.com"}
SECONDS = 120
"""One command may take so long before its server counts as not answering."""

# What git and the usual servers say, in small letters; the first group that has one of its words decides.
RACE = (
    "(fetch first)",
    "(non-fast-forward)",
    "(stale info)",
    "failed to update ref",
    "cannot lock ref",
    "failed to lock",
    "incorrect old value",
)
PROTECTED = ("hook declined", "protected branch", "rule violations", "you are not allowed to push")
REFUSED = (
    "authentication failed",
    "could not read username",
    "could not read password",
    "returned error: 401",
    "returned error: 403",
    "permission denied",
    "invalid username or",
    "access denied",
    "repository not found",
)
UNREACHABLE = (
    "could not resolve",
    "failed to connect",
    "couldn't connect",
    "connection",
    "timed out",
    "returned error: 5",
    "hung up",
    "early eof",
    "rpc failed",
    "unable to access",
)


class Git:
    """The git of one checkout and its remote `origin`."""

    def __init__(self, folder: Path, environ: Mapping[str, str] = os.environ) -> None:
        """Take a folder inside a checkout; BUMP_TOKEN and BUMP_USERNAME of `environ` are for origin's server alone.

        Raises DeliveryError where that is no checkout, or no place to send a token to.
        """
        self._folder = folder
        self._token = environ.get("BUMP_TOKEN", "")
        self._environment = {**environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        for role in ("AUTHOR", "COMMITTER"):
            for key, value in IDENTITY.items():
                self._environment.setdefault(f"GIT_{role}_{key}", value)
        self._folder = Path(self.text("rev-parse", "--show-toplevel"))
        self._environment |= _credentials(self.text("remote", "get-url", "origin"), environ)

    def run(
        self, *arguments: str, content: bytes | None = None, variables: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command to its end; whether that was a good one is for the caller to see."""
        command = ["git", "-C", str(self._folder), *arguments]
        environment = {**self._environment, **(variables or {})}
        try:
            return subprocess.run(
                command, env=environment, input=content or b"", capture_output=True, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise UnreachableError(f"git {arguments[0]} had not ended after {SECONDS} s.") from error
        except OSError as error:
            raise DeliveryError(f"git cannot be run here: {error.strerror}.") from error

    def text(self, *arguments: str, content: bytes | None = None, variables: Mapping[str, str] | None = None) -> str:
        """Return what a command prints that asks no server. Raises DeliveryError where it fails."""
        done = self.run(*arguments, content=content, variables=variables)
        if done.returncode:
            raise DeliveryError(f"git {arguments[0]} failed: {_telling(done.stderr.decode(errors='replace'))}")
        return done.stdout.decode().strip()

    def failure(self, what: str, stderr: bytes) -> DeliveryError:
        """Return the error for what git said of a server when `what` failed, without a secret in it."""
        said = stderr.decode(errors="replace")
        if self._token:
            said = said.replace(self._token, "***")
        said = re.sub(r"(\w+://)[^/@\s]+@", r"\1", said)
        lowered = said.lower()
        if any(word in lowered for word in RACE):
            return LostRaceError(f"{what} came second: {_telling(said)}")
        if any(word in lowered for word in PROTECTED):
            remote = [line.removeprefix("remote:").strip() for line in said.splitlines() if line.startswith("remote:")]
            words = "; ".join([*filter(None, remote)][:2]) or "it gave no reason"
            return ProtectedError(f"{what} was declined by a rule of the server: {_telling(said)} ({words}).")
        if any(word in lowered for word in REFUSED):
            return RefusedError(
                f"{what} was refused ({_telling(said)}): BUMP_TOKEN must be valid and may write the repository's "
                "contents (at GitHub the permission contents: write)."
            )
        if any(word in lowered for word in UNREACHABLE):
            return UnreachableError(f"{what} found no server that answers: {_telling(said)}")
        return DeliveryError(f"{what} failed: {_telling(said)}")


def is_loopback(host: str | None) -> bool:
    """Say whether a host of a URL is this machine itself."""
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"


def _telling(said: str) -> str:
    """Return the line that tells most: that of the refused ref, else the last one that git calls fatal or an error."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    for mark in ("! [", "fatal:", "error:"):
        marked = [line for line in lines if line.startswith(mark)]
        if marked:
            return " ".join(marked[-1].removeprefix("!").split())
    return lines[-1] if lines else "it gave no reason"


def _credentials(origin: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that make git send the token to the server of the URL `origin`, and to no other."""
    token = environ.get("BUMP_TOKEN")
    url = urlsplit(origin)
    if not token or url.scheme not in {"http", "https"}:
        return {}
    if url.scheme == "http" and not is_loopback(url.hostname):
        raise DeliveryError(f"origin is reached over http ({url.hostname}): BUMP_TOKEN is only sent over https.")
    basic = base64.b64encode(f"{environ.get('BUMP_USERNAME') or 'x-access-token'}:{token}".encode()).decode()
    count = int(environ.get("GIT_CONFIG_COUNT") or 0)
    return {
        "GIT_CONFIG_COUNT": str(count + 1),
        f"GIT_CONFIG_KEY_{count}": f"http.{url.scheme}://{url.netloc.rpartition('@')[2]}/.extraheader",
        f"GIT_CONFIG_VALUE_{count}": f"Authorization: Basic {basic}",
    }
