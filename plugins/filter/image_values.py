"""Filter that says from which registry a chart's images come, and with which Secrets."""

from __future__ import annotations

DOCUMENTATION = r"""
name: image_values
author: The Landfall authors (@landfall)
short_description: Makes the values by which a chart's images come from one registry
version_added: 0.1.0
description:
  - Returns the values of a chart that take its images from a registry and name the Secrets to pull them with.
  - Without a registry and without Secrets it returns no values.
positional: _input
options:
  _input:
    description:
      - Dotted paths of values. C(images) holds the image that each names, C(registries) are those that take a registry
        alone, C(pull_secrets) take a list of C({name}), C(pull_secret_names) a list of names.
    type: dict
    required: true
  registry:
    description: Registry, and what comes before the name of an image there; empty for the images' own.
    type: str
    required: true
  pull_secrets:
    description: Names of Secrets.
    type: list
    elements: str
    required: true
extends_documentation_fragment: [landfall.eks.attributes.internal]
"""

EXAMPLES = r"""
- name: Show the values
  ansible.builtin.debug:
    msg: "{{ {'images': {'image.repository': 'quay.io/team/app'}, 'pull_secrets': ['imagePullSecrets']}
      | landfall.eks.image_values('mirror.example.org/hub', ['mirror']) }}"
"""

RETURN = r"""
_value:
  description: Values of the chart.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.text import images


def image_values(places: dict[str, Any], registry: str, pull_secrets: list[str]) -> dict[str, Any]:
    """Return the values; nothing without a registry and without Secrets."""
    return images.values(places, str(registry), [str(each) for each in pull_secrets])


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"image_values": image_values}
