"""The Job that sends the requests from inside of the cluster, since nothing outside reaches Elasticsearch."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.logs.requests import Request, requests
from ansible_collections.landfall.eks.plugins.module_utils.logs.saved_objects import ndjson

HASH_CHARACTERS = 10
DEADLINE_SECONDS = 1080
"""A try ends before the release's own time, 1200 s, is over, so that its reason is still there to be told."""
USER = 1000
"""The user of Elasticsearch's image; any other works too."""
PLACES = {
    "credentials": "elasticsearch-setup",
    "elasticsearch": "elasticsearch-es-http-certs-public",
    "kibana": "kibana-kb-http-certs-public",
}
"""Folder below /run/setup: Secret that is mounted there. The last two are the operator's, with its CA."""
BODY_SUFFIX = {"elasticsearch": "json", "kibana": "ndjson"}

ANSWERS = "/tmp"  # noqa: S108, a volume of the pod's own

Object = dict[str, Any]


@dataclass(frozen=True)
class Setup:
    """What the Job is made of: days that lines are kept, the image (with bash and curl), and two namespaces.

    `pull_secrets` are names of Secrets that the image is pulled with.
    """

    retention_days: int
    image: str
    namespace: str
    flask_app_namespace: str
    pull_secrets: tuple[str, ...] = ()


def all_requests(setup: Setup) -> list[Request]:
    """Return what the Job sends, in order: to Elasticsearch, then Kibana's objects in one import."""
    path = "/api/saved_objects/_import?overwrite=true"
    found = Request("the data views and dashboards", "kibana", "POST", path, ndjson(setup.flask_app_namespace))
    return [*requests(setup.retention_days), found]


def files(setup: Setup, script: str) -> dict[str, str]:
    """Return the Job's files by name: the script, a line per request, and the requests' bodies.

    A line holds, between tabs: name, method, service, path, file of the body (or -), accepted refusals (or -).
    """
    lines, made = [], {"setup.sh": script}
    for number, each in enumerate(all_requests(setup), start=1):
        body = f"{number:02}.{BODY_SUFFIX[each.service]}" if each.body is not None else "-"
        if each.body is not None:
            made[body] = each.body if isinstance(each.body, str) else json.dumps(each.body, sort_keys=True)
        accepted = ",".join(each.accepted) or "-"
        lines.append("\t".join((each.name, each.method, each.service, each.path, body, accepted)))
    return {**made, "requests": "".join(f"{line}\n" for line in lines)}


def objects(setup: Setup, script: str) -> list[Object]:
    """Return the ConfigMap with the files, and the Job; both are named by a hash of their content."""
    data = files(setup, script)
    pod = _pod(setup)
    content = json.dumps([asdict(setup), data, pod], sort_keys=True)
    name = f"logs-setup-{hashlib.sha256(content.encode()).hexdigest()[:HASH_CHARACTERS]}"
    pod["volumes"].append({"name": "files", "configMap": {"name": name}})
    metadata = {
        "name": name,
        "namespace": setup.namespace,
        "labels": {"app.kubernetes.io/name": "logs-setup", "app.kubernetes.io/part-of": "landfall"},
    }
    # No ttlSecondsAfterFinished: a Job that vanished would be missing from its release.
    spec = {
        "backoffLimit": 2,
        "activeDeadlineSeconds": 3 * DEADLINE_SECONDS,
        "template": {"metadata": {"labels": metadata["labels"]}, "spec": pod},
    }
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "immutable": True, "data": data},
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec},
    ]


def manifests(setup: Setup, script: str) -> dict[str, str]:
    """Return the objects as the chart eck-stack takes them beside its own: texts by name, which Helm templates.

    Raises ValueError for content that Helm would read as a template.
    """
    made = {each["kind"].lower(): json.dumps(each, sort_keys=True) for each in objects(setup, script)}
    if any("{{" in text for text in made.values()):
        raise ValueError("The Job's requests hold '{{', which Helm would take for a template: write them without it.")
    return {f"logs-setup-{kind}": text for kind, text in made.items()}


def _pod(setup: Setup) -> Object:
    secrets = [
        {"name": name, "secret": {"secretName": secret, "defaultMode": 0o440}} for name, secret in PLACES.items()
    ]
    mounts = [{"name": "files", "mountPath": "/setup", "readOnly": True}, {"name": "answers", "mountPath": ANSWERS}]
    mounts += [{"name": each, "mountPath": f"/run/setup/{each}", "readOnly": True} for each in PLACES]
    container = {
        "name": "setup",
        "image": setup.image,
        "command": ["/bin/bash", "/setup/setup.sh"],
        "env": [
            {"name": "ELASTICSEARCH_URL", "value": "https://elasticsearch-es-http:9200"},
            {"name": "KIBANA_URL", "value": "https://kibana-kb-http:5601"},
            {"name": "DEADLINE_SECONDS", "value": str(DEADLINE_SECONDS)},
        ],
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": mounts,
    }
    return {
        "restartPolicy": "Never",
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **({"imagePullSecrets": [{"name": each} for each in setup.pull_secrets]} if setup.pull_secrets else {}),
        "containers": [container],
        "volumes": [
            {"name": "answers", "emptyDir": {"sizeLimit": "16Mi"}},
            *secrets,
        ],
    }
