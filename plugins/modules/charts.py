#!/usr/bin/python
"""Module that finds the charts of all releases at once."""

from __future__ import annotations

DOCUMENTATION = r"""
module: charts
short_description: Finds the pinned Helm charts of releases
version_added: 0.1.0
description:
  - Looks for each chart in the chart cache, then among earlier downloads, then upstream, then among the stand-ins, and
    checks its name, its version and, where one is pinned, its SHA-256. Upstream is asked through Helm, with its proxies
    and logins.
  - Problems are returned, all together, so that the caller can report them with others.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.attributes
  - landfall.eks.attributes.api
options:
  pins:
    description: The charts, C({ref, version, sha256, tested}), by the name of their release.
    type: dict
    required: true
  cache:
    description: Folder with C(<chart>-<version>.tgz) files that is looked at first; empty for none.
    type: path
    default: ""
  downloads:
    description: Folder that keeps what was downloaded from upstream.
    type: path
    default: ~/.cache/landfall/charts
  stand_ins:
    description: Folder with stand-in charts, for a rehearsal cluster without network; empty for none.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Find a chart
  landfall.eks.charts:
    pins:
      shop:
        ref: https://charts.example.org/shop
        version: 1.2.3
        sha256: null
"""

RETURN = r"""
charts:
  description: What was found, C({name, version, path, sha256, source, verified}), by release.
  type: dict
  returned: always
untested:
  description: How a chart differs from the one that Landfall is tested with, by release; only those that do.
  type: dict
  returned: always
problems:
  description: One sentence for each chart that was not found or is not what was pinned.
  type: list
  elements: str
  returned: always
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.helm.chart_sources import Sources, resolve_all, untested


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "pins": {"type": "dict", "required": True},
            "cache": {"type": "path", "default": ""},
            "downloads": {"type": "path", "default": "~/.cache/landfall/charts"},
            "stand_ins": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    sources = Sources(
        downloads=Path(module.params["downloads"]),
        helm=module.get_bin_path("helm") or "helm",
        cache=Path(module.params["cache"]) if module.params["cache"] else None,
        stand_ins=Path(module.params["stand_ins"]) if module.params["stand_ins"] else None,
    )
    pins = module.params["pins"]
    charts, problems = resolve_all(pins, sources)
    module.exit_json(changed=False, charts=charts, untested=untested(pins, charts), problems=problems)


if __name__ == "__main__":
    main()
