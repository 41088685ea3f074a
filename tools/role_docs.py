"""Writes each role's README.md from its argument_specs; `--check` only says which are stale."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent


def text(value: Any) -> str:
    """Return a description, a string or a list of paragraphs, as one line of Markdown."""
    joined = " ".join(value) if isinstance(value, list) else str(value)
    for mark in ("C(", "B(", "I(", "O(", "V("):
        while mark in joined:
            before, _, rest = joined.partition(mark)
            inside, _, after = rest.partition(")")
            joined = f"{before}`{inside}`{after}"
    return joined.replace("|", "\\|")


def default(option: dict[str, Any]) -> str:
    """Return an option's default as inline code, or that it is required."""
    if option.get("required"):
        return "required"
    if "default" not in option:
        return ""
    value = option["default"]
    shown = yaml.safe_dump(value, default_flow_style=True, width=10000).strip().removesuffix("\n...").strip()
    return f"`{value if isinstance(value, str) and value else shown}`".replace("|", "\\|")


def rows(options: dict[str, Any], path: str = "") -> list[str]:
    """Return the table rows of options, nested ones below their parent with a dotted name."""
    found = []
    for name, option in options.items():
        kind = f"{option['type']} of {option['elements']}" if "elements" in option else option["type"]
        choices = f" One of {', '.join(f'`{each}`' for each in option['choices'])}." if "choices" in option else ""
        found.append(f"| `{path}{name}` | {kind} | {default(option)} | {text(option['description'])}{choices} |")
        found += rows(option.get("options") or {}, f"{path}{name}.")
    return found


PLAY = """\
## In a play of your own

```yaml
- hosts: localhost
  gather_facts: false
  vars:
    platform_kubeconfig: /home/me/.kube/config
  roles:
    - landfall.eks.{role}
```

Or with `include_role` or `import_role` among the tasks. The role checks everything first, takes the Lease of the
cluster, rolls out, and waits until its releases are ready; roles of components that the play lists together are checked
together. With `--check` it shows what would change, with `platform_state: absent` it uninstalls. Hosts other than
localhost need `ansible_connection: local`. The playbook `landfall.eks.site` rolls out all components at once.
"""
"""How a component role is used without our playbooks."""


def stands_alone(role: Path) -> bool:
    """Say whether a role does its work in a play of anybody's, as those of components do."""
    tasks = role / "tasks/main.yml"
    return tasks.exists() and "platform_standalone_tasks" in tasks.read_text(encoding="utf-8")


def readme(role: Path) -> str:
    """Return the README of a role."""
    spec = yaml.safe_load((role / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    spec = next(iter(spec.values()))
    defaults = role / "defaults/main.yml"
    for name, value in (yaml.safe_load(defaults.read_text(encoding="utf-8")) if defaults.exists() else {}).items():
        spec["options"][name]["default"] = value
    description = spec.get("description") or []
    paragraphs = [description] if isinstance(description, str) else description
    lines = [f"# landfall.eks.{role.name}", "", f"{text(spec['short_description'])}.", ""]
    for paragraph in paragraphs:
        lines += [text(paragraph), ""]
    if spec.get("options"):
        lines += ["| setting | type | default | meaning |", "| --- | --- | --- | --- |", *rows(spec["options"]), ""]
    if stands_alone(role):
        lines += [*PLAY.replace("{role}", role.name).splitlines(), ""]
    lines.append("Written by `make docs` from `meta/argument_specs.yml`.")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the READMEs, or with --check return 1 if one is stale."""
    stale = []
    for spec in sorted((ROOT / "roles").glob("*/meta/argument_specs.yml")):
        role = spec.parent.parent
        target, wanted = role / "README.md", readme(role)
        if not target.exists() or target.read_text(encoding="utf-8") != wanted:
            stale.append(str(target.relative_to(ROOT)))
            if "--check" not in sys.argv:
                target.write_text(wanted, encoding="utf-8")
    if "--check" in sys.argv and stale:
        print(f"stale, run make docs: {', '.join(stale)}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
