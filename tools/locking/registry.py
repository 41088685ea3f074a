"""The registry API of OCI and Docker: manifests and their digests, with the anonymous token that some want."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from locking import web
from locking.outcome import NotServedError, OutOfReachError

MEDIA_TYPES = ", ".join(
    f"application/vnd.{each}+json"
    for each in (
        "oci.image.index.v1",
        "docker.distribution.manifest.list.v2",
        "oci.image.manifest.v1",
        "docker.distribution.manifest.v2",
    )
)
CHART_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
DOCKER_HUB = "registry-1.docker.io"


@dataclass(frozen=True)
class Place:
    """A repository of a registry."""

    host: str
    repository: str

    def url(self, reference: str) -> str:
        """Return the address of a manifest."""
        scheme = "http" if web.is_loopback(self.host) else "https"
        return f"{scheme}://{self.host}/v2/{self.repository}/manifests/{reference}"


def of_image(name: str) -> Place:
    """Return where an image lies, by its name without tag; short names are Docker Hub's."""
    host, slash, rest = name.partition("/")
    if slash and ("." in host or ":" in host or host == "localhost"):
        return Place(DOCKER_HUB if host == "docker.io" else host, rest)
    return Place(DOCKER_HUB, name if slash else f"library/{name}")


def manifest(place: Place, reference: str) -> tuple[str, dict[str, Any]]:
    """Return digest ("sha256:...") and content of a manifest, by tag or digest.

    Raises NotServedError, and OutOfReachError, also for a registry whose own digest is not that of its bytes.
    """
    url, headers = place.url(reference), {"Accept": MEDIA_TYPES}
    try:
        try:
            answer = web.get(url, headers)
        except web.UnauthorizedError as error:
            answer = web.get(url, {**headers, "Authorization": f"Bearer {_token(place, error.challenge)}"})
        found: dict[str, Any] = json.loads(answer.body)
    except web.UnauthorizedError as error:
        raise OutOfReachError(f"{place.host} wants a login for {place.repository}") from error
    except ValueError as error:
        raise OutOfReachError(f"{url} serves no manifest") from error
    digest = f"sha256:{hashlib.sha256(answer.body).hexdigest()}"
    wanted = reference if reference.startswith("sha256:") else answer.headers.get("Docker-Content-Digest", digest)
    if digest != wanted:
        raise OutOfReachError(f"{url} serves a manifest with the digest {digest}, and calls it {wanted}")
    return digest, found


def chart_digest(place: Place, version: str) -> str:
    """Return the SHA-256, in hex, of a chart's archive as the registry's manifest has it."""
    _, found = manifest(place, version)
    layers = [each for each in found.get("layers", []) if each.get("mediaType") == CHART_LAYER]
    if len(layers) != 1:
        raise NotServedError(f"the manifest of {place.host}/{place.repository}:{version} names no chart")
    return str(layers[0]["digest"]).removeprefix("sha256:")


def _token(place: Place, challenge: str) -> str:
    """Return the token that anybody gets for reading `place`."""
    fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    realm = fields.get("realm", "")
    if urlsplit(realm).scheme != "https" and not web.is_loopback(urlsplit(realm).netloc):
        raise OutOfReachError(f"{place.host} names no place where a token is had")
    query = {"service": fields.get("service", ""), "scope": f"repository:{place.repository}:pull"}
    found = json.loads(web.get(f"{realm}?{urlencode(query)}").body)
    return str(found.get("token") or found.get("access_token") or "")
