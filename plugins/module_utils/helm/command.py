"""Helm's own verbs that no module has: run with a kubeconfig that no argument list contains."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube import access as cluster_access
from ansible_collections.landfall.eks.plugins.module_utils.text import json_yaml, secret_shapes

FOR_CHARTS = re.compile(
    r"HELM_((CACHE|CONFIG|DATA)_HOME|REGISTRY_CONFIG|REPOSITORY_(CACHE|CONFIG)|CONTENT_CACHE|(NO_)?PLUGINS|QPS|BURST_LIMIT)"
)
"""The user's own: where Helm has charts and logins of registries, and how fast it asks."""


class HelmError(Exception):
    """Helm's own last words, without what looks like a secret."""


@contextmanager
def kubeconfig_file(kubeconfig: Any) -> Iterator[str]:
    """Give the path of a kubeconfig that may be a dict: then a file of mode 0600 that is gone afterwards."""
    if not isinstance(kubeconfig, dict):
        yield str(kubeconfig)
        return
    with tempfile.TemporaryDirectory(prefix="landfall-") as folder:
        yield write_kubeconfig(Path(folder) / "kubeconfig", kubeconfig)


def write_kubeconfig(path: Path, kubeconfig: dict[str, Any]) -> str:
    """Write a kubeconfig to a file that only its owner can read, and return the file's path."""
    path.touch(mode=0o600)
    path.write_text(json_yaml.dump(kubeconfig), encoding="utf-8")
    return str(path)


def helm_environment(kubeconfig: str = "") -> dict[str, str]:
    """Return what Helm is started with: nothing of the shell's that would lead it to another cluster or its records.

    Without a kubeconfig nothing is asked of a cluster.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name != "KUBECONFIG" and (not name.startswith("HELM_") or FOR_CHARTS.fullmatch(name))
    }
    return {**kept, "KUBECONFIG": kubeconfig} if kubeconfig else kept


def find_access(access: dict[str, Any]) -> cluster_access.Access:
    """Return how the cluster of `access` {kubeconfig, context} is reached. Raises HelmError."""
    try:
        return cluster_access.find(access.get("kubeconfig"), access.get("context"), os.environ)
    except cluster_access.AccessError as error:
        raise HelmError(str(error)) from error


def context_words(context: str) -> list[str]:
    """Return the argument that chooses a context of the kubeconfig; none where the current one is meant."""
    return [f"--kube-context={context}"] if context else []


def run_helm(helm: str, arguments: list[str], access: dict[str, Any], seconds: float) -> str:
    """Run helm against the cluster of `access` {kubeconfig, context} and return what it printed.

    Raises HelmError with its last error line, or after `seconds`.
    """
    found = find_access(access)
    with kubeconfig_file(found.kubeconfig) as path:
        try:
            done = subprocess.run(  # pylint: disable=ansible-bad-function
                [helm, *arguments, *context_words(found.context)],
                env=helm_environment(path),
                check=True,
                capture_output=True,
                text=True,
                timeout=seconds,
            )
        except (subprocess.SubprocessError, OSError) as error:
            words = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
            raise HelmError(secret_shapes.masked(words[-1]) if words else "helm failed without a message") from error
    return done.stdout


@dataclass(frozen=True)
class Helm:
    """Helm for one cluster: the `path` of its program, `access` {kubeconfig, context}, and `seconds` for each call."""

    path: str
    access: dict[str, Any]
    seconds: float

    def uninstall(self, name: str, namespace: str) -> None:
        """Uninstall a release, unless it is gone, and wait until its objects are gone. Raises HelmError."""
        words = ["uninstall", name, f"--namespace={namespace}", "--ignore-not-found", "--wait"]
        words += [f"--timeout={self.seconds:.0f}s"]
        run_helm(self.path, words, self.access, self.seconds + 30)

    def roll_back(self, name: str, namespace: str, revision: int) -> None:
        """Bring a release back to one of its revisions; nothing is waited for. Raises HelmError.

        No revision is dropped: each call that fails leaves one, and by itself Helm would keep ten, and drop `revision`.
        """
        words = ["rollback", name, str(revision), f"--namespace={namespace}", "--history-max=0"]
        run_helm(self.path, words, self.access, self.seconds)
