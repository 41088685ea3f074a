"""Filter that makes the Job that sets Elasticsearch and Kibana up for logs."""

from __future__ import annotations

DOCUMENTATION = r"""
name: logs_setup
author: The Landfall authors (@landfall)
short_description: Makes the Job that sets Elasticsearch and Kibana up for logs
version_added: 0.1.0
description:
  - Returns a ConfigMap and a Job, named by a hash of what they hold, as the chart eck-stack takes further objects.
positional: _input
options:
  _input:
    description: The script that the Job runs.
    type: str
    required: true
  retention_days:
    description: Days that log lines are kept.
    type: int
    required: true
  image:
    description: Image of the Job, with bash and curl.
    type: str
    required: true
  namespace:
    description: Namespace of Elasticsearch and Kibana.
    type: str
    required: true
  flask_app_namespace:
    description: Namespace of the Flask application, which has a dashboard of its own.
    type: str
    required: true
  pull_secrets:
    description: Names of the Secrets that the image is pulled with.
    type: list
    elements: str
    default: []
extends_documentation_fragment: [landfall.eks.attributes.internal]
"""

EXAMPLES = r"""
- name: Show the Job
  ansible.builtin.debug:
    msg: "{{ 'true' | landfall.eks.logs_setup(14, 'example.org/curl:1', 'logging', 'flask-app') }}"
"""

RETURN = r"""
_value:
  description: Manifests as texts, by name.
  type: dict
"""

from collections.abc import Callable, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.landfall.eks.plugins.module_utils.logs import setup_job


def logs_setup(
    script: str,
    retention_days: int,
    image: str,
    namespace: str,
    flask_app_namespace: str,
    *,
    pull_secrets: Sequence[str] = (),
) -> dict[str, str]:
    """Return the manifests by name; AnsibleFilterError for what Helm would not take as it is."""
    names = tuple(str(each) for each in pull_secrets)
    setup = setup_job.Setup(int(retention_days), str(image), str(namespace), str(flask_app_namespace), names)
    try:
        return setup_job.manifests(setup, str(script))
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"logs_setup": logs_setup}
