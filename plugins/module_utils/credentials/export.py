"""Files of credentials: for the owner alone, plain or encrypted for somebody, and written whole or not at all."""

from __future__ import annotations

import importlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

try:
    # It comes without types.
    pyrage: Any = importlib.import_module("pyrage")
except ImportError:  # said in one sentence, and only where age is asked for
    pyrage = None

PRIVATE, PUBLIC = 0o600, 0o644

Encrypt = Callable[[bytes], bytes]


class ExportError(Exception):
    """One sentence on a setting with which nothing can be written, and what to write instead."""


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


def write(path: Path, content: bytes, mode: int = PRIVATE) -> bool:
    """Make `path` hold `content` with that mode; return whether it did not. Raises OSError."""
    if (
        path.is_file()
        and not path.is_symlink()
        and path.stat().st_mode & 0o777 == mode
        and path.read_bytes() == content
    ):
        return False
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Nobody but the owner can read the file at any moment: it is made so.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return True


def _is_file_of(path: Path, mode: int) -> bool:
    return path.is_file() and not path.is_symlink() and path.stat().st_mode & 0o777 == mode
