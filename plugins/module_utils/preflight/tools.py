"""Which programs and Python packages a run needs on the control node."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from collections.abc import Callable, Iterable, Mapping

OLDEST_HELM = (3, 18)
HELM_SECONDS = 20
GET_HELM = (
    "install Helm 4 (https://helm.sh/docs/intro/install) and put its folder on PATH, here or in platform_environment"
)


RECORDS = frozenset({"secret", "secrets"})
"""The values of HELM_DRIVER with which Helm keeps its records where Landfall reads them."""


def shell_problems(environment: Mapping[str, str]) -> list[str]:
    """Return a sentence if the user's Helm keeps its records elsewhere: theirs would not be found here, nor ours there.

    Other variables of Helm never reach the Helm of a run.
    """
    driver = environment.get("HELM_DRIVER", "")
    if not driver or driver in RECORDS:
        return []
    remedy = "run `unset HELM_DRIVER`, or take it out of platform_environment"
    return [f"HELM_DRIVER is {driver}, but Helm keeps its records in Secrets here: {remedy}."]


def helm_problem(path: str | None, version: str) -> str:
    """Return a sentence if `path` (None: not on PATH), whose `helm version` says `version`, will not do; else ''."""
    if not path:
        return f"helm is not on PATH: {GET_HELM}."
    found = re.search(r"v?(\d+)\.(\d+)", version)
    if not found:
        return f"{path} does not tell its version: {GET_HELM}."
    if (int(found[1]), int(found[2])) < OLDEST_HELM:
        return f"{path} is Helm {version.strip()}, 3.18 is the oldest that will do: {GET_HELM}."
    return ""


def helm_version(path: str) -> str:
    """Return what `helm version --short` prints, such as v4.3.1; empty if it fails."""
    command = [path, "version", "--short"]
    try:
        # pylint: disable-next=ansible-bad-function
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=HELM_SECONDS).stdout.strip()
    except (subprocess.SubprocessError, OSError):
        return ""


def package_problems(
    packages: Iterable[str], python: str, found: Callable[[str], object] = importlib.util.find_spec
) -> list[str]:
    """Return a sentence for each Python package that the interpreter `python` cannot import."""
    return [
        f"The Python package {package} is missing from {python}: run `{python} -m pip install -r requirements.txt`."
        for package in packages
        if found(package) is None
    ]
