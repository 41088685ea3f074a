"""How tasks with kubernetes.core reach the cluster of a run: as our own calls and Helm do.

kubernetes.core takes what the environment says before the kubeconfig of a task, an empty text too, and Ansible can only
add to the environment. So these tasks have a Python that forgets variables first: `roles/platform/files/client_python`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm.command import FOR_CHARTS
from ansible_collections.landfall.eks.plugins.module_utils.kube import access

THEIRS = re.compile(r"(K8S_AUTH|HELM)_[A-Za-z0-9_]+")


def task_access(kubeconfig: Any, context: str | None, environment: Mapping[str, str], python: str) -> dict[str, Any]:
    """Return {kubeconfig, context, proxy_headers, environment} for tasks of kubernetes.core; empty for none.

    `environment` is the controller's with the task's, `python` the path of the Python that runs the module. What is
    returned for the environment has no secrets. Raises AccessError.
    """
    found = access.find(kubeconfig, context, environment)
    chosen = access.choose(found)
    given = access.portable(found)
    told = _told(chosen)
    forgotten = {name for name in environment if THEIRS.fullmatch(name) and not FOR_CHARTS.fullmatch(name)}
    return {
        "kubeconfig": given,
        "context": found.context if isinstance(given, str) else "",
        "proxy_headers": _proxy_headers(chosen),
        "environment": {**told, "LANDFALL_FORGET": " ".join(sorted(forgotten - {*told})), "LANDFALL_PYTHON": python},
    }


def _told(chosen: access.Chosen) -> dict[str, str]:
    """Return what kubernetes.core does not read of a kubeconfig."""
    told = {
        "K8S_AUTH_IMPERSONATE_USER": str(chosen.user.get("as") or ""),
        "K8S_AUTH_IMPERSONATE_GROUPS": ",".join(chosen.user.get("as-groups") or []),
    }
    # Else NO_PROXY would keep it from the proxy that a kubeconfig names.
    direct = {"K8S_AUTH_NO_PROXY": ""} if chosen.cluster.get("proxy-url") else {}
    return {name: value for name, value in told.items() if value} | direct


def _proxy_headers(chosen: access.Chosen) -> dict[str, str]:
    """Return the login of the proxy, which the Python client does not take from its URL."""
    login = access.proxy_login(str(chosen.cluster.get("proxy-url") or ""))
    return {"proxy_basic_auth": login} if login else {}
