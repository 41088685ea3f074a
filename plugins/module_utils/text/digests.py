"""Names and digests of releases. Imports little: each worker process of Ansible loads the filters that use it again."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def release_key(namespace: str, name: str) -> str:
    """Return the key under which a release is filed: `namespace/name`."""
    return f"{namespace}/{name}"


def values_digest(values: Any) -> str:
    """Return the SHA-256 of values in canonical JSON: the same for the same content, whatever its order."""
    # Keys that are numbers, such as ports, are texts in JSON, and only then have an order among others.
    plain = json.loads(json.dumps(values))
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
