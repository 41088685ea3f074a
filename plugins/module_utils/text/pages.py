"""Pages that need nothing but themselves: one HTML file, no script, no other resource; the policy in it says so.

page.html.j2, parts.html.j2 and page.css beside this file are what all pages have in common.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.text.tables import percent

COMMON = Path(__file__).parent


def page(template: Path, **content: Any) -> str:
    """Return the page of a template that extends page.html.j2; everything that is put into it is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - no part of what modules have
    from markupsafe import Markup  # noqa: PLC0415

    style = (COMMON / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = Environment(
        loader=FileSystemLoader([template.parent, COMMON]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = percent
    # The style is ours, and what the policy allows is this very text.
    made = environment.get_template(template.name).render(style=Markup(style), style_digest=digest, **content)  # noqa: S704
    return made + "\n"
