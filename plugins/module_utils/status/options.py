"""The options by which a module finds the platform's names and addresses; doc_fragments/addresses.py describes them."""

from __future__ import annotations

from typing import Any

ADDRESS_OPTIONS: dict[str, Any] = {
    "hosts_file": {"type": "str", "default": ""},
    "names": {"type": "list", "elements": "dict", "default": []},
    "hosts_names": {"type": "list", "elements": "str", "default": []},
    "hosts_addresses": {"type": "list", "elements": "str", "default": []},
    "way": {"type": "str", "default": "auto"},
    "region": {"type": "str", "default": ""},
}
