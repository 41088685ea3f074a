"""Writes Grafana's dashboards and docs/dashboards.md; `--check` only says which are stale."""

from __future__ import annotations

import sys
from pathlib import Path

from dashboards import catalogue, docs

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "roles" / "monitoring" / "files" / "dashboards"
PAGE = ROOT / "docs" / "dashboards.md"


def wanted() -> dict[Path, str]:
    """Return the text of each file that the code makes."""
    made = catalogue.rendered()
    return {FOLDER / name: content for name, content in made.items()} | {PAGE: docs.page(made)}


def main() -> int:
    """Write the files, or with --check return 1 if one is stale or one too many."""
    check = "--check" in sys.argv
    files = wanted()
    stale = [
        path for path, content in files.items() if not path.exists() or path.read_text(encoding="utf-8") != content
    ]
    extra = [path for path in FOLDER.glob("*.json") if path not in files]
    for path in [] if check else extra:
        path.unlink()
    for path in [] if check else stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path], encoding="utf-8")
    if check and stale + extra:
        print(f"stale, run make dashboards: {', '.join(str(path.relative_to(ROOT)) for path in stale + extra)}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
