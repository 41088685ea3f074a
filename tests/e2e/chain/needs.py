"""What following a commit to the running pod takes, and what of it is missing here."""

import json
import os
import shutil
import subprocess
import sys

from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import real_node
from tests.e2e.machine import ROOT
from tests.unit.ci import git_server

PROGRAMS = {
    "redis-server": "redis-server",
    "docker-registry": "docker-registry",
    "skopeo": "skopeo",
    "buildah": "buildah",
}
GET = [sys.executable, "tools/get_tools.py", "--pins", "tools/test-tools.yml", "--only", "argocd"]


def lacking():
    """Return the sentence on what this machine lacks, or nothing; Argo CD itself is left out."""
    missing = real_node.lacking()
    missing += [f"{name} (package {package})" for name, package in PROGRAMS.items() if not shutil.which(name)]
    if not git_server.BACKEND.exists():
        missing.append("git http-backend (package git)")
    if missing:
        return f"not run: following a commit to its pod needs {', '.join(missing)} (make system-packages, as root)"
    done = _run([sys.executable, "tools/app_image.py", "--check"])
    return f"not run: {done.stderr.strip()}" if done.returncode else ""


def argocd():
    """Return the path of Argo CD in the tool cache, or nothing: it is not built here."""
    done = _run([*GET, "--cached", "--json"])
    return json.loads(done.stdout)["argocd"]["path"] if done.returncode == 0 else ""


def reason_not_to_run():
    """Return the reason not to run here, or nothing."""
    if reason := lacking():
        return reason
    return "" if argocd() else "not run: Argo CD is not in the tool cache (make chain builds it: 5 to 11 minutes, once)"


def _run(command):
    environment = os.environ | {"LANDFALL_BUILDER": "buildah"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    print(lacking())
