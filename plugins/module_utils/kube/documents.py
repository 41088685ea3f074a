"""YAML as Kubernetes writes it: parsed in C where possible, and with a bare `=` taken as text."""

from __future__ import annotations

from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.libraries.yaml import MISSING, yaml
from ansible_collections.landfall.eks.plugins.module_utils.text import yaml_files


class Loader(yaml_files.LOADER):  # type: ignore[misc]
    """A safe loader; YAML 1.1's value type, which PyYAML resolves but does not construct, is text in Kubernetes.

    Prometheus' definitions list `=` among the match operators: https://github.com/yaml/pyyaml/issues/89
    """


if not MISSING:
    Loader.add_constructor("tag:yaml.org,2002:value", Loader.construct_yaml_str)


def documents(content: str | bytes) -> list[dict[str, Any]]:
    """Return the objects of a YAML stream, empty documents left out. Raises yaml.YAMLError."""
    return [each for each in yaml.load_all(content, Loader=Loader) if each]
