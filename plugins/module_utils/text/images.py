"""References of container images, and where a registry of one's own has them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DOCKER_HUB, DOCKER_HUB_API = "docker.io", "registry-1.docker.io"
_LOOPBACK = re.compile(r"(localhost|127(\.\d+){3})(:\d+)?")


@dataclass(frozen=True)
class Image:
    """A reference taken apart: `registry` as people write it, `repository`, and `reference`, a tag or a digest."""

    registry: str
    repository: str
    reference: str

    @property
    def url(self) -> str:
        """Where the registry has the manifest; one on loopback speaks plain HTTP, as container engines take it."""
        host = DOCKER_HUB_API if self.registry == DOCKER_HUB else self.registry
        scheme = "http" if is_loopback(host) else "https"
        return f"{scheme}://{host}/v2/{self.repository}/manifests/{self.reference}"


def is_loopback(host: str) -> bool:
    """Say whether a host, with or without a port, is this machine."""
    return _LOOPBACK.fullmatch(host) is not None


def named(text: str) -> tuple[str, str]:
    """Return the registry of an image and the rest of its name, by the rules of container engines.

    >>> named("nginx:1"), named("quay.io/team/app")
    (('docker.io', 'library/nginx:1'), ('quay.io', 'team/app'))
    """
    head, slash, rest = text.partition("/")
    if slash and ("." in head or ":" in head or head == "localhost"):
        registry, path = head, rest
    else:
        registry, path = DOCKER_HUB, text
    official = registry == DOCKER_HUB and "/" not in path
    return registry, f"library/{path}" if official else path


def parse(text: str) -> Image:
    """Take an image reference apart, by the rules of container engines.

    >>> parse("nginx")
    Image(registry='docker.io', repository='library/nginx', reference='latest')
    """
    name, _unused, digest = text.partition("@")
    registry, path = named(name)
    repository, colon, tag = path.rpartition(":")
    return Image(registry, repository, digest or tag) if colon else Image(registry, path, digest or "latest")


def mirrored(image: str, prefix: str) -> str:
    """Return an image as a registry of one's own has it: below its prefix, the name without the upstream's host.

    >>> mirrored("nginx:1", "mirror.corp:5000/hub"), mirrored("quay.io/team/app", "")
    ('mirror.corp:5000/hub/library/nginx:1', 'quay.io/team/app')
    """
    place = prefix.rstrip("/")
    return f"{place}/{named(image)[1]}" if place and not image.startswith(f"{place}/") else image


def values(places: Mapping[str, Any], prefix: str, pull_secrets: Sequence[str]) -> dict[str, Any]:
    """Return the values of a chart by which its images come from `prefix`, with `pull_secrets`, names of Secrets.

    `places` are dotted paths of values: `images`, each with the image that it names; `registries`, which take a
    registry alone; `pull_secrets`, lists of {name}; `pull_secret_names`, lists of names. Without a prefix and without
    names nothing is set.
    """
    place, found = prefix.rstrip("/"), dict[str, Any]()
    if place:
        for path, image in places.get("images", {}).items():
            _put(found, path, mirrored(image, place))
        for path in places.get("registries", []):
            _put(found, path, place)
    if pull_secrets:
        for path in places.get("pull_secrets", []):
            _put(found, path, [{"name": each} for each in pull_secrets])
        for path in places.get("pull_secret_names", []):
            _put(found, path, list(pull_secrets))
    return found


def _put(tree: dict[str, Any], path: str, value: Any) -> None:
    *above, last = path.split(".")
    for each in above:
        tree = tree.setdefault(each, {})
    tree[last] = value
