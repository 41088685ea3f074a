"""JSON for programs that read it as YAML, such as Helm: it means the same in every version of YAML."""

from __future__ import annotations

import json
import re
from typing import Any

_NOT_AS_THEY_ARE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""What YAML forbids in a text, or takes for the end of a line, unless it is escaped; JSON does not mind."""


def dump(value: Any, indent: int | None = None) -> str:
    """Return plain data as JSON, in the order of its keys, that a YAML reader takes for the same data.

    It is on one line, unless `indent` is how many blanks each level has.

    All other characters stay as they are: JSON escapes those beyond U+FFFF as two, which YAML refuses. Raises
    TypeError for what JSON does not have, such as dates, and ValueError for a number that is none.

    >>> dump({"tag": "1e3"})
    '{"tag": "1e3"}'
    """
    return _NOT_AS_THEY_ARE.sub(_escaped, json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False))


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
