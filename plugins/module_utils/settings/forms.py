"""How numbers, names and texts in settings are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from ansible_collections.landfall.eks.plugins.module_utils.hosts.file import CLUSTER_NAME
from ansible_collections.landfall.eks.plugins.module_utils.hosts.names import LABEL
from ansible_collections.landfall.eks.plugins.module_utils.settings.situation import Situation
from ansible_collections.landfall.eks.plugins.module_utils.settings.urls import has_login

_FORMS = (
    (("_storage", "_storage_size", "_volume_size"), r"[1-9]\d*(\.\d+)?(Ki|Mi|Gi|Ti|Pi|k|M|G|T|P)?", "a size", "20Gi"),
    (("_retention_size",), r"[1-9]\d*([KMGTPE]?B)", "a size of Prometheus", "40GB"),
    (("_retention",), r"([1-9]\d*(ms|[smhdwy]))+", "a span of time", "15d"),
)
"""How texts are written: (endings of the settings' names, pattern, what it is, an example)."""
_METADATA_KEY = re.compile(r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?")
_REPOSITORY_URL = re.compile(r"(https?|ssh)://\S+|[\w.-]+@[\w.-]+:\S+")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_IMAGE = re.compile(r"[a-z0-9][a-z0-9._-]*(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*")


def check_minimum_below_maximum(at: Situation) -> Iterator[str]:
    """A setting with `min` in its name is not above the one with `max` in that place."""
    for name, low in at.values.items():
        other = "_".join("max" if word == "min" else word for word in name.split("_"))
        high = at.values.get(other)
        if other != name and isinstance(low, int) and isinstance(high, int) and low > high:
            yield f"{name} ({low}) is above {other} ({high}): write a minimum that is not above the maximum."


def check_numbers(at: Situation) -> Iterator[str]:
    """Counts, days and seconds are positive; percentages and ports are in their ranges."""
    for name, value in at.values.items():
        if not isinstance(value, int) or isinstance(value, bool):
            continue
        low, high = _range_of(name)
        low = 0 if at.settings[name].option.get("default") == 0 else low
        if value < low:
            yield f"{name} ({value}) is too small: write a whole number from {low} on."
        elif high is not None and value > high:
            yield f"{name} ({value}) is too large: write a whole number from {low} to {high}."


def _range_of(name: str) -> tuple[int, int | None]:
    if name.endswith(("_percent", "_percentage", "_utilization")):
        return 1, 100
    if name.endswith("_port"):
        return 1, 65535
    return (0, None) if name.endswith("_wait") else (1, None)


def check_names(at: Situation) -> Iterator[str]:
    """Names of Kubernetes objects, and the cluster's name, are what the APIs accept."""
    for name, value in at.ending("_namespace"):
        if not LABEL.fullmatch(value):
            yield f"{name} ({value!r}) is no name of a namespace: write lower-case letters, digits and inner hyphens."
    cluster = at.values.get("platform_cluster_name")
    if cluster is not None and not CLUSTER_NAME.fullmatch(cluster):
        yield f"platform_cluster_name ({cluster!r}) is no name of a cluster: write letters, digits, '.', '_' and '-'."


def check_forms(at: Situation) -> Iterator[str]:
    """Sizes and spans of time are a number and a unit that their reader knows."""
    for endings, pattern, what, example in _FORMS:
        for name, value in at.ending(*endings):
            if isinstance(value, str) and not re.fullmatch(pattern, value):
                yield f"{name} ({value!r}) is not {what}: write a number and a unit, such as {example}."


def check_paths(at: Situation) -> Iterator[str]:
    """Paths are absolute: what is relative to one program's folder is not to the next one's."""
    for name in ("platform_kubeconfig", "platform_state_dir", "platform_chart_stand_ins", "hosts_file"):
        value = at.values.get(name)
        if isinstance(value, str) and value and not PurePath(value).is_absolute():
            yield f"{name} ({value!r}) is not a full path: write one that begins with /."


def check_metadata(at: Situation) -> Iterator[str]:
    """Labels and annotations of what Landfall makes are such, and none of its own."""
    for name in ("platform_labels", "platform_annotations"):
        for key, value in (at.values.get(name) or {}).items():
            if not isinstance(value, str):
                yield f"{name}.{key} ({value!r}) is no text: write it in quotes."
            elif not _METADATA_KEY.fullmatch(str(key)) or key.startswith("landfall.eks/"):
                yield f"{name} has the key {key!r}, which is none: write one such as cost-center or example.org/team."
            elif name == "platform_labels" and not _LABEL_VALUE.fullmatch(value):
                yield f"{name}.{key} ({value!r}) is no label's value: write up to 63 letters, digits, '.', '_' and '-'."


def check_references(at: Situation) -> Iterator[str]:
    """Git repositories and image repositories have the form that their clients accept."""
    for name, value in at.ending("_repo_url"):
        if not _REPOSITORY_URL.fullmatch(value) and not has_login(value, bare=True):
            yield f"{name} ({value!r}) is no Git URL: write one such as https://git.example.org/team/platform.git."
    for name, value in at.ending("_image_repository"):
        if value and not _IMAGE.fullmatch(value) and not has_login(value, bare=True):
            yield f"{name} ({value!r}) is no image repository: write one such as registry.example.org/team/flask."


def check_image_tags(at: Situation) -> Iterator[str]:
    """A tag names one image for good: what `latest` is changes without anybody changing a setting."""
    for name, value in at.ending("_image_tag"):
        if value == "latest":
            yield f"{name} is 'latest', which is another image tomorrow: write the tag of one build, such as 1.4.2."
        elif not _TAG.fullmatch(value):
            yield f"{name} ({value!r}) is no tag of an image: write letters, digits, '.', '_' and '-', such as 1.4.2."
