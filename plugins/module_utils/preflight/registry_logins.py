"""The logins for registries that a user has here, as Docker and the tools of containers (Podman, Skopeo) keep them.

Files are read and credential helpers called as Docker does; nothing of it is shown or written down.
"""

from __future__ import annotations

import base64
import binascii
import json
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.text.images import DOCKER_HUB, Image

HELPER_SECONDS = 15
IDENTITY_USER = "<token>"
"""The user by whom a credential helper says that its secret is an identity token (docker/docker-credential-helpers)."""
HUB_SERVERS = ("https://index.docker.io/v1/", "index.docker.io", "registry-1.docker.io", DOCKER_HUB)


@dataclass(frozen=True)
class Login:
    """A user with a password; or, without a user, an identity token, which buys tokens."""

    user: str
    secret: str = field(repr=False)

    @property
    def basic(self) -> str:
        """The header Authorization of HTTP Basic."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.secret}".encode()).decode()


class Logins:
    """The logins of all files of a user, the first that has one for a registry counting."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Read what there is; `environment` is that of the user."""
        self.environment = dict(environment)
        self.files = [content for path in _paths(environment) if (content := _read(path))]
        self._asked: dict[tuple[str, str], Login | None] = {}
        self._asking = threading.Lock()

    def of(self, image: Image) -> Login | None:
        """Return the login for an image; None if there is none."""
        servers = HUB_SERVERS if image.registry == DOCKER_HUB else (image.registry,)
        found = (self._in(content, image, servers) for content in self.files)
        return next((each for each in found if each), None)

    def _in(self, content: dict[str, Any], image: Image, servers: tuple[str, ...]) -> Login | None:
        helpers = _dict(content.get("credHelpers"))
        named = [(str(helpers[each]), each) for each in servers if helpers.get(each)]
        store = content.get("credsStore")
        asked = named or ([(str(store), servers[0])] if store else [])
        by_helper = next((login for helper, server in asked if (login := self._ask(helper, server))), None)
        return by_helper or _stored(_dict(content.get("auths")), image, servers)

    def _ask(self, helper: str, server: str) -> Login | None:
        """Ask a credential helper once, which may take a while and ask its own service."""
        with self._asking:
            if (helper, server) not in self._asked:
                self._asked[helper, server] = _helper_login(helper, server, self.environment)
            return self._asked[helper, server]


def _paths(environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield the files in the order of containers/image, whose last one is Docker's."""
    home = Path(environment.get("HOME") or Path.home())
    if given := environment.get("REGISTRY_AUTH_FILE"):
        yield Path(given)
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        yield Path(runtime, "containers/auth.json")
    yield Path(environment.get("XDG_CONFIG_HOME") or home / ".config", "containers/auth.json")
    yield Path(environment.get("DOCKER_CONFIG") or home / ".docker", "config.json")


def _read(path: Path) -> dict[str, Any]:
    """Return a file's content; nothing if it is not there or is none, which its own programs say."""
    try:
        return _dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _dict(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _stored(auths: dict[str, Any], image: Image, servers: tuple[str, ...]) -> Login | None:
    """Return the login of the longest key that an image is below: containers' tools keep them by path too."""
    parts = image.repository.split("/")
    below = ["/".join([image.registry, *parts[:count]]) for count in range(len(parts), 0, -1)]
    by_host = {_host(key): key for key in auths if "://" in key}
    for name in [*below, *servers, *(by_host[each] for each in servers if each in by_host)]:
        if login := _decoded(_dict(auths.get(name))):
            return login
    return None


def _host(key: str) -> str:
    """Return the host of a key of Docker's, which may be a URL."""
    return key.partition("://")[2].partition("/")[0]


def _decoded(entry: dict[str, Any]) -> Login | None:
    if entry.get("identitytoken"):
        return Login("", str(entry["identitytoken"]))
    try:
        user, _unused, secret = base64.b64decode(str(entry.get("auth") or "")).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    user, secret = user or str(entry.get("username") or ""), secret or str(entry.get("password") or "")
    return Login(user, secret.rstrip("\0")) if user and secret else None


def _helper_login(helper: str, server: str, environment: dict[str, str]) -> Login | None:
    command = [f"docker-credential-{helper}", "get"]
    try:
        done = subprocess.run(  # pylint: disable=ansible-bad-function
            command,
            input=server,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=HELPER_SECONDS,
        )
        found = _dict(json.loads(done.stdout))
    except (subprocess.SubprocessError, OSError, ValueError):
        return None
    user, secret = str(found.get("Username") or ""), str(found.get("Secret") or "")
    return Login("" if user == IDENTITY_USER else user, secret) if secret else None
