"""Filter that says how tasks with kubernetes.core reach the cluster of a run."""

from __future__ import annotations

DOCUMENTATION = r"""
name: client_access
author: The Landfall authors (@landfall)
short_description: Says how tasks with kubernetes.core reach the cluster of a run
version_added: 0.1.0
description:
  - As the modules of this collection do, whatever E(K8S_AUTH_HOST), E(HELM_KUBECONTEXT) and their kin say.
options:
  _input:
    description: Path of a kubeconfig, its content, or empty for what the environment says.
    type: raw
    required: true
  context:
    description: Context of the kubeconfig; empty for its current one.
    type: str
    default: ""
  environment:
    description: Environment of the task, beside the controller's.
    type: dict
    default: {}
extends_documentation_fragment: [landfall.eks.attributes.internal]
"""

EXAMPLES = r"""
- name: Say which kubeconfig a task is given
  ansible.builtin.debug:
    msg: "{{ (platform_kubeconfig | landfall.eks.client_access(platform_context)).context }}"
"""

RETURN = r"""
_value:
  description:
    - The options C(kubeconfig), C(context) and C(proxy_headers), each empty if there is none, and the C(environment).
  type: dict
"""

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.landfall.eks.plugins.module_utils.helm.task_access import task_access
from ansible_collections.landfall.eks.plugins.module_utils.kube.access import AccessError


def client_access(
    kubeconfig: Any, context: str | None = "", environment: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return {kubeconfig, context, proxy_headers, environment}."""
    told = {name: str(value) for name, value in (environment or {}).items()}
    try:
        return task_access(kubeconfig, context, {**os.environ, **told}, sys.executable)
    except AccessError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"client_access": client_access}
