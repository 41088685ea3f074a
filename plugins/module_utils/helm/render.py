"""A release as it would be and as it was: the chart rendered with its values, and what the live revision rendered."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.helm import command as helm_command
from ansible_collections.landfall.eks.plugins.module_utils.helm import storage
from ansible_collections.landfall.eks.plugins.module_utils.kube import documents
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.kube.masking import masked_object
from ansible_collections.landfall.eks.plugins.module_utils.libraries.yaml import yaml
from ansible_collections.landfall.eks.plugins.module_utils.text import json_yaml, secret_shapes
from ansible_collections.landfall.eks.plugins.module_utils.text.digests import release_key

RENDER_SECONDS = 120

Objects = dict[str, dict[str, Any]]


class RenderError(Exception):
    """A sentence on a chart that does not render."""


def render(
    helm: str, release: dict[str, Any], kube_version: str, versions: list[str], access: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Render a release {name, namespace, chart, values} as an upgrade would, hooks and definitions left out.

    With `access` {kubeconfig, context} the templates may look objects up in the cluster, as they do in an upgrade; then
    only what the cluster has already counts as `versions`. Raises RenderError with helm's last line.
    """
    with tempfile.TemporaryDirectory(prefix="landfall-") as folder:
        values = Path(folder) / "values.yml"
        values.touch(mode=0o600)
        values.write_text(json_yaml.dump(release["values"]), encoding="utf-8")
        command = [helm, "template", release["name"], release["chart"], f"--namespace={release['namespace']}"]
        command += ["--is-upgrade", "--skip-crds", "--no-hooks", "--skip-schema-validation", f"--values={values}"]
        command += [f"--kube-version={kube_version}", f"--api-versions={','.join(versions)}"]
        try:
            return documents.documents(_run(command, access))
        except (subprocess.SubprocessError, OSError, helm_command.HelmError) as error:
            words = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
            said = secret_shapes.masked(words[-1])
            raise RenderError(f"The chart of release {release['name']} does not render: {said}") from error


def _run(command: list[str], access: dict[str, Any] | None) -> str:
    if access is not None:
        return helm_command.run_helm(command[0], [*command[1:], "--dry-run=server"], access, RENDER_SECONDS)
    environment = helm_command.helm_environment()
    # pylint: disable-next=ansible-bad-function
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=RENDER_SECONDS, env=environment)
    return done.stdout


def live_objects(cluster: Cluster, release: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the newest revision of a release rendered; nothing if there is none."""
    key = release_key(release["namespace"], release["name"])
    found = storage.read_releases(cluster, release["namespace"]).get(key)
    secret = cluster.get("v1", "Secret", found["secret"], release["namespace"]) if found else None
    return storage.manifest_objects(storage.decode_release(secret)) if secret else []


def by_name(objects: list[dict[str, Any]], namespace: str) -> Objects:
    """Return objects, secrets masked, by `kind namespace/name` in that order."""
    named = {
        f"{each['kind']} {each['metadata'].get('namespace', namespace)}/{each['metadata']['name']}": masked_object(each)
        for each in objects
    }
    return dict(sorted(named.items()))


def difference(before: Objects, after: Objects) -> dict[str, str]:
    """Return {before, after} as YAML texts of the objects that are not the same in both; empty texts for no change."""
    changed = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
    return {"before": _text(before, changed), "after": _text(after, changed)}


def _text(objects: Objects, names: list[str]) -> str:
    return "".join(
        f"# {name}\n{yaml.safe_dump(objects[name], sort_keys=True)}---\n" for name in names if name in objects
    )
