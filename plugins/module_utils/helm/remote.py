"""Charts of repositories and registries, which Helm itself is asked for: with its proxies, logins and certificates.

A password is in none of our arguments: registries have theirs from `helm registry login` or Docker's, repositories from
`helm repo add`. Helm takes the latter for a repository's name alone and not for `--repo`
(helm/helm, pkg/downloader/chart_downloader.go), so a repository that it knows is asked by that name.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.landfall.eks.plugins.module_utils.libraries.yaml import yaml
from ansible_collections.landfall.eks.plugins.module_utils.text import yaml_files

ARCHIVE = ".tgz"
OCI = "oci://"
SCHEMES = (OCI, "https://", "http://")
PLAIN_HTTP = "server gave HTTP response to HTTPS client"
LOOPBACK = re.compile(r"localhost|127(\.\d+){3}|::1")
UNREACHABLE = re.compile(
    r"no such host|server misbehaving|Temporary failure|connection (refused|reset|timed out)|i/o timeout"
    r"|TLS handshake timeout|deadline exceeded|Client\.Timeout|(network|host) is unreachable|no route to host|EOF$"
    r"|proxyconnect|: (Forbidden|Proxy Authentication Required|Bad Gateway|Service Unavailable|Gateway Timeout)$"
)
"""What Go says where nobody answers: name servers, the network, hosts, and a proxy that opens no tunnel."""
_USER = re.compile(r"//[^/\s\"']+@")


class RemoteError(Exception):
    """Helm's own last words, without passwords."""

    @property
    def unreachable(self) -> bool:
        """Whether nobody answered."""
        return UNREACHABLE.search(str(self)) is not None


def is_remote(ref: str) -> bool:
    """Say whether a chart reference is an address rather than a path."""
    return ref.startswith(SCHEMES)


def pull(helm: str, ref: str, version: str, folder: Path, seconds: float) -> Path:
    """Download a chart into an empty folder and return the archive's path.

    `ref` is an oci address, a repository's URL with the chart's name after it, or the URL of an archive, whose version
    nobody is asked for. Raises RemoteError, after `seconds` at the latest.
    """
    chosen = ["--version", version] if version and not ref.endswith(ARCHIVE) else []
    _ask(helm, ["pull"], ref, [*chosen, "--destination", str(folder)], seconds)
    return next(iter(folder.glob(f"*{ARCHIVE}")))


def newest(helm: str, ref: str, seconds: float) -> dict[str, Any]:
    """Return the Chart.yaml of the newest version of a chart. Raises RemoteError and yaml.YAMLError."""
    found: dict[str, Any] = yaml.safe_load(_ask(helm, ["show", "chart"], ref, [], seconds))
    return found


def _ask(helm: str, verb: list[str], ref: str, options: list[str], seconds: float) -> str:
    with _place(helm, ref, seconds) as place:
        command = [helm, *verb, *place, *options]
        try:
            return _run(command, seconds)
        except RemoteError as error:
            if PLAIN_HTTP not in str(error) or not LOOPBACK.fullmatch(urlsplit(ref).hostname or ""):
                raise
        return _run([*command, "--plain-http"], seconds)


@contextmanager
def _place(helm: str, ref: str, seconds: float) -> Iterator[list[str]]:
    """Give the arguments by which Helm finds a chart; a known repository's index is fetched for them."""
    repository, _unused, name = ref.rpartition("/")
    known = "" if ref.startswith(OCI) or ref.endswith(ARCHIVE) else _known_as(repository)
    if known:
        with tempfile.TemporaryDirectory(prefix="landfall-repository-") as folder:
            cache = ["--repository-cache", folder]
            _run([helm, "repo", "update", known, *cache], seconds)
            yield [f"{known}/{name}", *cache]
    elif ref.startswith(OCI) or ref.endswith(ARCHIVE):
        yield [ref]
    else:
        yield [name, "--repo", repository]


def _known_as(repository: str) -> str:
    """Return the name by which Helm knows a repository's URL; empty if it does not."""
    try:
        found = yaml_files.read(_repository_config()) or {}
        rows = found.get("repositories") or []
        names = [str(each["name"]) for each in rows if str(each["url"]).rstrip("/") == repository.rstrip("/")]
    except (OSError, yaml.YAMLError, AttributeError, KeyError, TypeError):
        # Helm says itself what is wrong with its file.
        return ""
    return names[0] if names else ""


def _repository_config() -> Path:
    """Return the file that `helm repo add` writes, by the rules of Helm (pkg/helmpath)."""
    given = os.environ.get("HELM_REPOSITORY_CONFIG")
    if given:
        return Path(given)
    own = Path.home() / ("Library/Preferences" if sys.platform == "darwin" else ".config")
    home = os.environ.get("HELM_CONFIG_HOME") or Path(os.environ.get("XDG_CONFIG_HOME") or own, "helm")
    return Path(home, "repositories.yaml")


def _run(command: list[str], seconds: float) -> str:
    try:
        # pylint: disable-next=ansible-bad-function
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise RemoteError(f"no answer within {seconds:.0f} seconds, deadline exceeded") from error
    except (subprocess.SubprocessError, OSError) as error:
        raise RemoteError(_last_words(getattr(error, "stderr", "") or str(error))) from error
    return done.stdout


def _last_words(text: str) -> str:
    """Return Helm's error on one line, and of an address with a user in it the host alone."""
    lines = text.strip().splitlines() or ["Helm failed without a message"]
    errors = [each for each in lines if each.startswith("Error: ")]
    return _USER.sub("//", (errors or lines)[-1].removeprefix("Error: ")).strip()
