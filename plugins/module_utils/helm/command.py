"""Helm's own verbs that no module has: run with a kubeconfig that stands in no argument list."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml


class HelmError(Exception):
    """Helm's own last words."""


@contextmanager
def kubeconfig_file(kubeconfig: Any) -> Iterator[str]:
    """Give the path of a kubeconfig that may be a dict: then a file of mode 0600 that is gone afterwards."""
    if not isinstance(kubeconfig, dict):
        yield str(kubeconfig)
        return
    with tempfile.TemporaryDirectory(prefix="landfall-") as folder:
        path = Path(folder) / "kubeconfig"
        path.touch(mode=0o600)
        path.write_text(yaml.safe_dump(kubeconfig), encoding="utf-8")
        yield str(path)


def run_helm(helm: str, arguments: list[str], access: dict[str, Any], seconds: float) -> str:
    """Run helm against the cluster of `access` {kubeconfig, context} and return what it printed.

    Raises HelmError with its last error line, or after `seconds`.
    """
    context = [f"--kube-context={access['context']}"] if access.get("context") else []
    with kubeconfig_file(access["kubeconfig"]) as path:
        try:
            done = subprocess.run(
                [helm, *arguments, *context],
                env={**os.environ, "KUBECONFIG": path},
                check=True,
                capture_output=True,
                text=True,
                timeout=seconds,
            )
        except (subprocess.SubprocessError, OSError) as error:
            words = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
            raise HelmError(words[-1] if words else "helm ended without a word") from error
    return done.stdout
