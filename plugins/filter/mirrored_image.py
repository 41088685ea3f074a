"""Filter that says where a registry of one's own has an image."""

from __future__ import annotations

DOCUMENTATION = r"""
name: mirrored_image
author: The Landfall authors (@landfall)
short_description: Says where a registry of one's own has an image
version_added: 0.1.0
description:
  - Returns an image's name below the prefix of a registry, without the host of its own registry.
  - Without a prefix it returns the name as it is.
positional: _input
options:
  _input:
    description: Image, with or without a tag or digest.
    type: str
    required: true
  registry:
    description: Registry, and what comes before the name of an image there; empty for the image's own.
    type: str
    required: true
  keep_host:
    description: Whether an image that names a registry other than Docker Hub stays as it is.
    type: bool
    default: false
extends_documentation_fragment: [landfall.eks.attributes.internal]
"""

EXAMPLES = r"""
- name: Show mirror.example.org/hub/library/nginx:1
  ansible.builtin.debug:
    msg: "{{ 'nginx:1' | landfall.eks.mirrored_image('mirror.example.org/hub') }}"
"""

RETURN = r"""
_value:
  description: Name of the image.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.text import images


def mirrored_image(image: str, registry: str, keep_host: bool = False) -> str:
    """Return the image's name; nothing for no image."""
    kept = not image or (keep_host and images.named(image)[0] != images.DOCKER_HUB)
    return image if kept else images.mirrored(str(image), str(registry))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"mirrored_image": mirrored_image}
