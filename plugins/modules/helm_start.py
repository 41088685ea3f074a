#!/usr/bin/python
"""Documentation of the action plugin helm_start; nothing runs here."""

from __future__ import annotations

DOCUMENTATION = r"""
module: helm_start
short_description: Runs kubernetes.core.helm in the background
description:
  - Takes the options of M(kubernetes.core.helm) and runs that module, also with C(async), which its own action plugin
    refuses.
author: The Landfall authors
notes:
  - Every option of M(kubernetes.core.helm) is accepted and passed on.
extends_documentation_fragment: landfall.eks.cluster
options:
  name:
    description: Name of the release.
    type: str
    required: true
  folder:
    description: State folder on the control node; the job's result is in a folder of this host and run below it.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Start a release and go on
  landfall.eks.helm_start:
    name: shop
    release_namespace: shop
    chart_ref: shop-1.2.3.tgz
    folder: .landfall
  async: 600
  poll: 0
"""

RETURN = r"""# what M(kubernetes.core.helm) returns, or the background job's id and results file"""
