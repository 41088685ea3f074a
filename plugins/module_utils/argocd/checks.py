"""What can be wrong with the settings of delivery by Argo CD: its repository, who may read it, and the image's tag."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

_SSH = re.compile(r"ssh://\S+|[\w.-]+@[\w.-]+:\S+")
_LOOPBACK = re.compile(r"localhost|127(\.\d+){3}|\[?::1\]?")
_REVISION = re.compile(r"(?![-/.])[\w./-]+(?<![/.])")
_BEGIN = re.compile(r"-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----")
_PUBLIC = re.compile(r"(ssh-(rsa|ed25519|dss)|ecdsa-sha2-\S+|sk-\S+) \S+")
USERNAME, PASSWORD, KEY = "argocd_repo_username", "argocd_repo_password", "argocd_repo_ssh_private_key"
URL = "argocd_repo_url"
DELIVERY = "flask_app_delivery"


class Situation(Protocol):
    """The part of settings_checks.Situation that is used here: the settings, and the roles that the run selects."""

    @property
    def values(self) -> Mapping[str, Any]:
        """The settings of the right type, by name."""

    @property
    def roles(self) -> tuple[str, ...]:
        """The enabled roles of this run."""


def check_delivery(at: Situation) -> Iterator[str]:
    """Argo CD delivers from a repository, which somebody has to name, and takes the image's tag from there."""
    wanted = at.values.get(DELIVERY) == "argocd" and at.values.get("platform_state") != "absent"
    if not wanted or "flask_app" not in at.roles:
        return
    if not at.values.get(URL, "unknown"):
        yield (
            f"{DELIVERY} is argocd and {URL} is empty: write the Git URL of your repository with app/chart, or "
            f"{DELIVERY}: helm."
        )
    image = (at.values.get("flask_app_values") or {}).get("image")
    written = image if isinstance(image, Mapping) else {}
    given = {
        "flask_app_image_tag": at.values.get("flask_app_image_tag"),
        "flask_app_values.image.tag": written.get("tag"),
        "flask_app_values.image.digest": written.get("digest"),
    }
    for name, value in given.items():
        if value:
            yield (
                f"{name} is {value!r} and {DELIVERY} is argocd, which takes tag and digest from the repository: leave "
                f"it out, or write {DELIVERY}: helm."
            )


def check_repository(at: Situation) -> Iterator[str]:
    """What the repository is read with fits its URL, and is whole."""
    url = at.values.get(URL) or ""
    username, password, key = (str(at.values.get(name) or "") for name in (USERNAME, PASSWORD, KEY))
    if username and not password:
        yield f"{USERNAME} is set and {PASSWORD} is not: write both (for GitHub the password is a token), or neither."
    if password and not username:
        yield f"{PASSWORD} is set and {USERNAME} is not: write both (with a token, any name will do), or neither."
    if (username or password or key) and not url:
        yield f"{KEY if key else USERNAME} is set and {URL} is empty: write which repository it is for."
    if key and (username or password):
        yield f"{KEY} is set beside {USERNAME} or {PASSWORD}: write the one that {URL} takes, and leave the other out."
    yield from _transport(url, bool(username or password), bool(key))
    if key and (problem := key_problem(key)):
        yield f"{KEY} {problem}."


def _transport(url: str, by_password: bool, by_key: bool) -> Iterator[str]:
    """Yield what is wrong with a URL beside what it is read with."""
    if _SSH.fullmatch(url):
        if by_password:
            yield f"{URL} ({url!r}) is read by SSH, which takes no password: write {KEY}, or its https URL."
        return
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return  # said of every URL that is none
    if by_key and parts.scheme in {"http", "https"}:
        yield f"{URL} ({url!r}) is read by {parts.scheme}, which takes no SSH key: write its ssh URL, or {PASSWORD}."
    if by_password and parts.scheme == "http" and not _LOOPBACK.fullmatch(host):
        yield f"{URL} ({url!r}) would send the password in the clear: write its https URL."


def check_path(at: Situation) -> Iterator[str]:
    """Branch and folder are ones that git and Argo CD take."""
    revision, path = at.values.get("argocd_repo_revision"), at.values.get("argocd_repo_path")
    if isinstance(revision, str) and not _REVISION.fullmatch(revision):
        yield f"argocd_repo_revision ({revision!r}) is no branch: write one such as main."
    if isinstance(path, str) and (not path or path.startswith("/") or ".." in path.split("/")):
        yield f"argocd_repo_path ({path!r}) is no folder of a repository: write one such as app/chart."


def key_problem(key: str) -> str:
    """Return what is wrong with a private SSH key, as the end of a sentence that began with its name; empty if nothing.

    The key itself is never part of it.
    """
    text = key.strip()
    if _PUBLIC.match(text):
        return "is a public key: write the private one, from the file without .pub"
    if "\\n" in text and "\n" not in text:
        return "has \\n instead of line ends: write it as a YAML block (key: |), line by line"
    found = _BEGIN.match(text)
    if not found or not text.endswith(f"-----END {found[1]}PRIVATE KEY-----"):
        return "is no private key: write the whole file, from -----BEGIN ... PRIVATE KEY----- to -----END ...-----"
    return _unreadable(text)


def _unreadable(text: str) -> str:
    try:
        # Here and not above: it takes its time, and few runs have a key.
        from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    except ImportError:
        return ""
    load = serialization.load_ssh_private_key if "OPENSSH" in text[:40] else serialization.load_pem_private_key
    try:
        load(f"{text}\n".encode(), password=None)
    except TypeError:
        return "is locked with a passphrase, which Argo CD cannot type: write one without"
    except (ValueError, UnsupportedAlgorithm):
        return "is damaged: write the whole file, every line of it, indented alike"
    return ""
