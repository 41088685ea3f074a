"""What an upgrade would change: the chart rendered with the new values beside what the live revision rendered."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.landfall.eks.plugins.module_utils import helm_storage, kube_yaml
from ansible_collections.landfall.eks.plugins.module_utils.cluster_client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.digests import release_key
from ansible_collections.landfall.eks.plugins.module_utils.evidence import masked_object

RENDER_SECONDS = 120

Objects = dict[str, dict[str, Any]]


class RenderError(Exception):
    """A sentence on a chart that does not render."""


def api_versions(cluster: Cluster) -> list[str]:
    """Return every group/version/Kind of the cluster, as charts ask for them in .Capabilities."""
    versions = ["v1"] + [
        each["groupVersion"] for group in cluster.request("GET", "/apis")["groups"] for each in group["versions"]
    ]
    return versions + [f"{version}/{kind}" for version in versions for kind in sorted(cluster.kinds(version))]


def render(helm: str, release: dict[str, Any], kube_version: str, versions: list[str]) -> list[dict[str, Any]]:
    """Render a release {name, namespace, chart, values} as an upgrade would, hooks and definitions left out.

    Raises RenderError with helm's last line.
    """
    with tempfile.TemporaryDirectory(prefix="landfall-") as folder:
        values = Path(folder) / "values.yml"
        values.write_text(yaml.safe_dump(release["values"]), encoding="utf-8")
        command = [helm, "template", release["name"], release["chart"], f"--namespace={release['namespace']}"]
        command += ["--is-upgrade", "--skip-crds", "--no-hooks", "--skip-schema-validation", f"--values={values}"]
        command += [f"--kube-version={kube_version}", f"--api-versions={','.join(versions)}"]
        try:
            done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=RENDER_SECONDS)
        except (subprocess.SubprocessError, OSError) as error:
            words = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
            raise RenderError(f"The chart of release {release['name']} does not render: {words[-1]}") from error
    return kube_yaml.documents(done.stdout)


def live_objects(cluster: Cluster, release: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the newest revision of a release rendered; nothing if there is none."""
    key = release_key(release["namespace"], release["name"])
    found = helm_storage.read_releases(cluster, release["namespace"]).get(key)
    secret = cluster.get("v1", "Secret", found["secret"], release["namespace"]) if found else None
    return helm_storage.manifest_objects(helm_storage.decode_release(secret)) if secret else []


def adopted_objects(cluster: Cluster, rendered: list[dict[str, Any]], namespace: str) -> list[dict[str, Any]]:
    """Return those of the rendered objects that are there without a record of Helm, as far as they are rendered."""
    found = []
    for each in rendered:
        metadata = each["metadata"]
        live = cluster.get(each["apiVersion"], each["kind"], metadata["name"], metadata.get("namespace", namespace))
        if live is not None:
            found.append(projected(live, each))
    return found


def projected(live: Any, wanted: Any) -> Any:
    """Return what is live of the fields that are wanted: defaults and what controllers write are left out."""
    if isinstance(live, dict) and isinstance(wanted, dict):
        return {key: projected(live[key], value) for key, value in wanted.items() if key in live}
    if isinstance(live, list) and isinstance(wanted, list) and len(live) == len(wanted):
        return [projected(one, other) for one, other in zip(live, wanted, strict=True)]
    return live


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
