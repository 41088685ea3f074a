"""The image in the chart's values: read, and replaced in the text so that every other character stays."""

import json
import re
from dataclasses import dataclass
from typing import Any

import yaml

from delivery.errors import DeliveryError

TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
"""From the OCI distribution specification 1.1, "Pulling manifests"."""
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Image:
    """What image.tag and image.digest say; both are empty before the first build."""

    tag: str
    digest: str


def usable(image: Image) -> Image:
    """Return `image` if it names one build for good, else raise DeliveryError."""
    if not TAG.fullmatch(image.tag) or image.tag == "latest":
        raise DeliveryError(f"--tag is {image.tag!r}: write the tag of one build, for example 1.2.3-0a1b2c3d4e5f.")
    if not DIGEST.fullmatch(image.digest):
        raise DeliveryError(f"--digest is {image.digest!r}: write sha256: and 64 hexadecimal digits.")
    return image


def image_of(text: str) -> Image:
    """Return the image in the values file `text`. Raises DeliveryError where it has none."""
    return Image(str(_scalar(text, "tag").value), str(_scalar(text, "digest").value))


def set_image(text: str, image: Image) -> str:
    """Return the values file `text` with image.tag and image.digest set; every other character stays.

    That nothing else changes for who reads the file is proven by reading both texts again. Raises DeliveryError.
    """
    wanted = {"tag": image.tag, "digest": image.digest}
    nodes = {key: _scalar(text, key) for key in wanted}
    expected = _load(text)
    expected["image"] |= wanted
    after = text
    for key, node in sorted(nodes.items(), key=lambda item: -item[1].start_mark.index):
        after = after[: node.start_mark.index] + json.dumps(wanted[key]) + after[node.end_mark.index :]
    if not _reads_as(after, expected):
        raise DeliveryError(
            "Setting image.tag and image.digest would change other values too: write both as plain texts of their own, "
            "once, without an anchor or an alias."
        )
    return after


def _reads_as(text: str, expected: dict[str, Any]) -> bool:
    try:
        return bool(yaml.safe_load(text) == expected)
    except yaml.YAMLError:
        return False


def _scalar(text: str, key: str) -> yaml.ScalarNode:
    try:
        image = _child(yaml.compose(text, Loader=yaml.SafeLoader), "image")
    except yaml.YAMLError as error:
        raise _unreadable(error) from error
    node = _child(image, key)
    # An empty scalar (`tag:` and nothing behind it) has no place of its own to write to.
    if isinstance(node, yaml.ScalarNode) and node.start_mark.index < node.end_mark.index:
        return node
    raise DeliveryError(f'The values have no image.{key}: write {key}: "" under image.')


def _child(node: yaml.Node | None, key: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for name, value in pairs if name.value == key), None)


def _load(text: str) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _unreadable(error) from error
    return loaded


def _unreadable(error: yaml.YAMLError) -> DeliveryError:
    return DeliveryError(f"The values cannot be read as YAML: {' '.join(str(error).split())}.")
