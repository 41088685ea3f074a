"""Files of credentials: for the owner alone, plain or encrypted for somebody, and written whole or not at all."""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.text.files import differs, write_bytes

try:
    # It comes without types.
    pyrage: Any = importlib.import_module("pyrage")
except ImportError:  # said in one sentence, and only where age is asked for
    pyrage = None

PRIVATE, PUBLIC = 0o600, 0o644

Encrypt = Callable[[bytes], bytes]


class ExportError(Exception):
    """One sentence on a setting with which nothing can be written, and what to write instead."""


@dataclass(frozen=True)
class Target:
    """Where the credentials go, as the settings credentials_<field> say; empty texts for what is not wanted."""

    file: str
    ca_file: str
    age_recipient: str = ""
    vault_password_file: str = ""


def judge(target: Target, vault: Callable[[str], Encrypt], sharing: list[str]) -> tuple[Encrypt, list[str]]:
    """Return what makes a file's bytes of its content, and one sentence for each thing that is wrong with the settings.

    `vault` returns the encryption with the password of a file, or raises ExportError; `sharing` are the clusters of
    this run that would write the same file. Nothing is written.
    """
    problems = [*_contradictions(target), *_paths(target)]
    if len(sharing) > 1:
        problems.append(
            f"credentials_file is {target.file} for each of the clusters {', '.join(sharing)}: write "
            "{{ inventory_hostname }} into it."
        )
    encrypt: Encrypt = bytes
    for given, make in ((target.age_recipient, age_encryption), (target.vault_password_file, vault)):
        try:
            encrypt = make(given) if given else encrypt
        except ExportError as error:
            problems.append(str(error))
    return encrypt, problems


def _contradictions(target: Target) -> Iterator[str]:
    ways = {
        f"credentials_{name}": value
        for name in ("age_recipient", "vault_password_file")
        if (value := getattr(target, name))
    }
    if len(ways) > 1:
        yield f"{' and '.join(ways)} are both set: a file is encrypted in one way, so remove one of them."
    if ways and not target.file:
        yield f"{' and '.join(ways)} encrypts a file: write its path into credentials_file."
    if target.file and _absolute(target.file) == _absolute(target.ca_file):
        yield f"credentials_file and credentials_ca_file are both {target.file}: write two paths."


def _paths(target: Target) -> Iterator[str]:
    for problem in (
        path_problem("credentials_ca_file", _absolute(target.ca_file), make_folder=True),
        path_problem("credentials_file", _absolute(target.file)) if target.file else "",
    ):
        if problem:
            yield problem


def _absolute(path: str) -> Path:
    return Path(path).expanduser().absolute()


def age_encryption(recipient: str) -> Encrypt:
    """Return what encrypts for one age recipient, `age1...` or an SSH public key, as armored text.

    Raises ExportError if it is none, or if the library is missing.
    """
    if pyrage is None:
        raise ExportError(
            "credentials_age_recipient needs the Python package pyrage: install it, or set "
            "credentials_vault_password_file in its place."
        )
    recipient = recipient.strip()
    kind = pyrage.ssh.Recipient if recipient.startswith("ssh-") else pyrage.x25519.Recipient
    try:
        reader = kind.from_str(recipient)
    except pyrage.RecipientError as error:
        given = "a private key, which must stay secret" if recipient.startswith("AGE-SECRET-KEY") else repr(recipient)
        raise ExportError(
            f"credentials_age_recipient is {given}: write the public key of the reader, age1... (age-keygen -y shows "
            "it), ssh-ed25519 ... or ssh-rsa ..."
        ) from error

    def encrypt(content: bytes) -> bytes:
        encrypted: bytes = pyrage.encrypt(content, [reader], armored=True)
        return encrypted

    return encrypt


def path_problem(setting: str, path: Path, *, make_folder: bool = False) -> str:
    """Say why a file cannot be written at `path`, as a sentence; empty if it can. Nothing is left behind.

    With `make_folder` the folder, if it is missing, is made when the file is written.
    """
    if path.is_dir():
        return f"{setting} is the folder {path}: write the path of a file in it."
    folder = path.parent
    while make_folder and not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        return f"{setting} is {path}, and {folder} is no folder: make it, or write another path."
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        reason = error.strerror or str(error)
        return f"{setting} is {path}, where nothing can be written ({reason}): write another path."


def write(path: Path, content: bytes, mode: int = PRIVATE, *, dry_run: bool = False) -> bool:
    """Make `path` hold `content` with that mode; return whether it did not. Raises OSError."""
    return differs(path, content, mode) if dry_run else write_bytes(path, content, mode, folder_mode=0o700)
