"""Pages that need nothing but themselves: one HTML file, no script, no other resource; the policy in it says so."""

from __future__ import annotations

import base64
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ansible_collections.landfall.eks.plugins.module_utils.text.tables import percent

TEMPLATES = Path(__file__).parents[3] / "roles/status/templates"


def page(template: str, **content: Any) -> str:
    """Return the page of a template in roles/status/templates; whatever is put into it is escaped."""
    style = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = percent
    # The style is ours, and what the policy allows is this very text.
    made = environment.get_template(template).render(style=Markup(style), style_digest=digest, **content)  # noqa: S704
    return made + "\n"


def write_text(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file whole or not at all. Raises OSError if the folder cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
