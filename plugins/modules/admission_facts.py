#!/usr/bin/python
"""Module that asks whether a cluster's admission would let a run write what it writes."""

from __future__ import annotations

DOCUMENTATION = r"""
module: admission_facts
short_description: Asks whether a cluster's admission lets a run write
description:
  - Finds webhooks that fail closed, that nobody answers and that cover what the charts of the releases can render.
  - Tries the namespaces that are missing in a dry run, so that what a policy refuses is seen before any change.
  - Problems are returned, all together, so that the caller can report them with others; they do not fail the module.
author: The Landfall authors
extends_documentation_fragment: landfall.eks.cluster
options:
  releases:
    description: The release specifications of the run, as role helm_release describes them, without their values.
    type: list
    elements: dict
    required: true
  charts:
    description: What was found of each chart, C({path}), by release.
    type: dict
    required: true
  live:
    description: The newest revision of each Helm release, by C(namespace/name); their namespaces are there.
    type: dict
    required: true
  namespace:
    description: Namespace of Landfall's own records.
    type: str
    required: true
  namespace_metadata:
    description: C(labels) and C(annotations) of namespaces that are made.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Ask the admission
  landfall.eks.admission_facts:
    kubeconfig: .landfall/kubeconfig
    namespace: landfall-system
    releases:
      - {name: shop, namespace: shop}
    charts:
      shop: {path: /charts/shop-1.2.3.tgz}
    live: {}
"""

RETURN = r"""
problems:
  description: One sentence for each problem.
  type: list
  elements: str
  returned: always
notes:
  description: One sentence for each webhook that may refuse something, or whose pods may be starting.
  type: list
  elements: str
  returned: always
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.helm.chart import ChartError
from ansible_collections.landfall.eks.plugins.module_utils.kube import namespaces
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, Cluster, reading
from ansible_collections.landfall.eks.plugins.module_utils.preflight import webhooks, written

with suppress(ImportError):  # which reading says in a sentence
    from kubernetes.client.exceptions import ApiException


def coming_namespaces(params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what namespaces.make is given for those that no live release is in."""
    there = {key.partition("/")[0] for key in params["live"]}
    wanted = [*params["releases"], *([] if there else [{"namespace": params["namespace"]}])]
    return [each for each in wanted if each["namespace"] not in there]


def refused_namespaces(cluster: Cluster, params: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each missing namespace that the cluster refuses in a dry run. Raises ApiException."""
    coming = coming_namespaces(params)
    there = namespaces.labels_by_name(cluster) if coming else {}
    for body in namespaces.bodies(coming, params["namespace_metadata"]):
        name = body["metadata"]["name"]
        said = "" if name in there else refusal(cluster, body)
        if said:
            yield (
                f"The cluster refuses the namespace {name} ({said}): write what it asks for as platform_labels and "
                "platform_annotations, or make the namespace yourself."
            )


def refusal(cluster: Cluster, body: dict[str, Any]) -> str:
    """Return why admission refuses a namespace, empty if it does not. Raises ApiException."""
    try:
        cluster.request("POST", "/api/v1/namespaces", body=body, query={"dryRun": "All"})
    except ApiException as error:
        if error.status == HTTPStatus.CONFLICT or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return ""
        said = " ".join(str(error.reason).split()).rstrip(".")
        # Whether the user may make namespaces is asked, and said, elsewhere.
        return "" if "cannot create resource" in said else said
    return ""


def unanswered(cluster: Cluster, params: Mapping[str, Any]) -> webhooks.Verdict:
    """Return what is to be said of webhooks that nobody answers. Raises ApiException and ChartError."""
    hooks = webhooks.closed(cluster, params["releases"])
    if not hooks:
        return webhooks.Verdict()
    served = cluster.discover()
    there = namespaces.labels_by_name(cluster)
    writes = written.of_landfall(params["namespace"])
    for each in params["releases"]:
        if each["name"] in params["charts"]:
            writes += written.of_release(each, Path(params["charts"][each["name"]]["path"]), cluster, served)
    coming = namespaces.bodies(coming_namespaces(params), params["namespace_metadata"])
    made = {each["metadata"]["name"]: each["metadata"]["labels"] for each in coming}
    writes += [written.Write("", "namespaces", "", labels) for name, labels in made.items() if name not in there]
    return webhooks.judge(cluster, hooks, writes, made | there)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "releases": {"type": "list", "elements": "dict", "required": True},
            "charts": {"type": "dict", "required": True},
            "live": {"type": "dict", "required": True},
            "namespace": {"type": "str", "required": True},
            "namespace_metadata": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    with reading(module) as cluster:
        verdict = webhooks.Verdict()
        try:
            verdict = unanswered(cluster, module.params)
        except ChartError as error:
            verdict.problems.append(str(error))
        except ApiException as error:
            # Users who may not list webhooks can still roll out.
            if error.status != HTTPStatus.FORBIDDEN:
                raise
            verdict.notes.append("Webhooks are not looked at, since the user may not list their configurations.")
        verdict.problems += refused_namespaces(cluster, module.params)
        module.exit_json(changed=False, problems=verdict.problems, notes=verdict.notes)


if __name__ == "__main__":
    main()
