"""The pages of status.yml and verify.yml, made of samples and opened as files, as a person opens them."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.landfall.eks.plugins.module_utils.status import verdict
from ansible_collections.landfall.eks.plugins.module_utils.text.files import write_text
from ansible_collections.landfall.eks.plugins.module_utils.verify import report
from tests.unit.status import sample as stand
from tests.unit.verify import sample as results


def write(folder: Path) -> dict[str, str]:
    """Write a page of each kind; return their addresses by name."""
    statuses = {"status": stand.troubled(), "status-well": stand.status(), "status-empty": stand.empty()}
    made = {name: verdict.page(status) for name, status in statuses.items()}
    found = report.document("production", "2026-11-26T06:00:00Z", False, results.ROWS)
    made["verify"] = report.page(found)
    for name, text in made.items():
        write_text(folder / f"{name}.html", text)
    return {name: (folder / f"{name}.html").as_uri() for name in made}
