"""Callback that imports what the modules of this collection need, once and before Ansible forks its workers."""

from __future__ import annotations

DOCUMENTATION = r"""
name: imports
author: The Landfall authors (@landfall)
type: aggregate
short_description: Imports the clients of Kubernetes and AWS before the workers of a run are forked
version_added: 0.1.0
description:
  - Every worker that Ansible forks then has them already. Without it each worker imports them itself, which is slower.
requirements:
  - enabled in C(callbacks_enabled)
extends_documentation_fragment: [landfall.eks.attributes.api]
"""

import gc
from typing import Any

from ansible.plugins.callback import CallbackBase

from ansible_collections.landfall.eks.plugins.plugin_utils import in_worker


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "landfall.eks.imports"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_start(self, playbook: Any) -> None:  # noqa: ARG002
        in_worker.import_all()
        # What is there stays: a collection in a worker would copy the pages that it shares with its parent.
        gc.freeze()
