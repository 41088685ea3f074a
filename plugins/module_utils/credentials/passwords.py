"""Passwords: made once, with only the further forms (hash, token) that some Secret asks for."""

from __future__ import annotations

import secrets
import string
from datetime import datetime

from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import CredentialError, Item
from ansible_collections.landfall.eks.plugins.module_utils.libraries.stand_in import sentence

try:
    import bcrypt

    HAS_BCRYPT = True
except ImportError:  # said in one sentence, and only where a hash is asked for
    HAS_BCRYPT = False

ALPHABET = string.ascii_letters + string.digits
"""No signs that a shell, a URL or YAML would read as its own; the length makes up for them."""
TOKEN_BYTES = 32
BCRYPT_ROUNDS = 10


def new_password(length: int) -> str:
    """Return a random password of `length` letters and digits."""
    return "".join(secrets.choice(ALPHABET) for _unused in range(length))


def complete_password(item: Item, kept: dict[str, str] | None, now: datetime) -> dict[str, str]:
    """Return the original's data: what was kept, and whatever `item` asks for beyond it. `now` is in UTC.

    A hash is kept beside its password, for each new hash of the same password differs.
    """
    data = dict(kept or {})
    if not data.get("password"):
        data = {"password": new_password(item.length), "created": now.strftime("%Y-%m-%dT%H:%M:%SZ")}
    if "token" in item.placeholders and not data.get("token"):
        data |= {"token": secrets.token_urlsafe(TOKEN_BYTES), "token_created": now.strftime("%Y-%m-%dT%H:%M:%SZ")}
    if "password_bcrypt" in item.placeholders and not data.get("password_bcrypt"):
        data["password_bcrypt"] = _bcrypt(data["password"])
    return data


def _bcrypt(password: str) -> str:
    if not HAS_BCRYPT:
        raise CredentialError(sentence("bcrypt"))
    hashed: bytes = bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds=BCRYPT_ROUNDS))
    return hashed.decode()
