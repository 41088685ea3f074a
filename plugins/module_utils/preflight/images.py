"""Whether the images of the releases to install exist: each registry is asked, and only a clear no counts."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.error
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from ansible.module_utils.urls import open_url

from ansible_collections.landfall.eks.plugins.module_utils.helm import state
from ansible_collections.landfall.eks.plugins.module_utils.kube import documents
from ansible_collections.landfall.eks.plugins.module_utils.libraries.yaml import yaml

SIDE_BY_SIDE = 8
RENDERERS = 2
SECONDS = 5
RENDER_SECONDS = 60
DOCKER_HUB, DOCKER_HUB_API = "docker.io", "registry-1.docker.io"
MANIFESTS = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_LOOPBACK = re.compile(r"(localhost|127(\.\d+){3})(:\d+)?")
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_IMAGE_ARGUMENT = re.compile(r"--[\w-]*(?:image|config-reloader)=(\S+[:@]\S+)")


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
        scheme = "http" if _LOOPBACK.fullmatch(host) else "https"
        return f"{scheme}://{host}/v2/{self.repository}/manifests/{self.reference}"


@dataclass
class MissingImages:
    """What the registries said: `problems` are sentences on images that are not there, `notes` on silent registries."""

    asked: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class RenderError(Exception):
    """A sentence on a chart that does not render."""


def parse(text: str) -> Image:
    """Take an image reference apart, by the rules of container engines.

    >>> parse("nginx")
    Image(registry='docker.io', repository='library/nginx', reference='latest')
    """
    name, _unused, digest = text.partition("@")
    head, slash, rest = name.partition("/")
    has_registry = slash and ("." in head or ":" in head or head == "localhost")
    registry, path = (head, rest) if has_registry else (DOCKER_HUB, name)
    repository, colon, tag = path.rpartition(":")
    if not colon:
        repository, tag = path, "latest"
    if registry == DOCKER_HUB and "/" not in repository:
        repository = f"library/{repository}"
    return Image(registry, repository, digest or tag)


def images_in(objects: Iterable[Any]) -> set[str]:
    """Return the images that objects name: in containers, in custom resources' `image`, and in operators' arguments."""
    return {image for each in objects for image in _images(each)}


def _images(tree: Any) -> Iterator[str]:
    if isinstance(tree, list):
        for each in tree:
            if isinstance(each, str) and (found := _IMAGE_ARGUMENT.fullmatch(each)):
                yield found[1]
            yield from _images(each)
    elif isinstance(tree, dict):
        image = tree.get("image")
        if isinstance(image, str) and image and tree.get("kind") != "CustomResourceDefinition":
            yield image
        for key, value in tree.items():
            if key not in {"data", "openAPIV3Schema"}:
                yield from _images(value)


def render(helm: str, release: Mapping[str, Any], version: str) -> set[str]:
    """Return the images of a release {name, namespace, path, values}, rendered for a version of Kubernetes.

    Raises RenderError.
    """
    command = [helm, "template", release["name"], release["path"], "--namespace", release["namespace"]]
    command += ["--skip-schema-validation", "--skip-tests", "--kube-version", version, "--values", "-"]
    values = yaml.safe_dump(release.get("values") or {})
    try:
        # pylint: disable-next=ansible-bad-function
        done = subprocess.run(command, input=values, check=True, capture_output=True, text=True, timeout=RENDER_SECONDS)
    except (subprocess.SubprocessError, OSError) as error:
        reason = (getattr(error, "stderr", "") or str(error)).strip().splitlines()[-1]
        raise RenderError(f"The chart of {release['name']} does not render: {reason}") from error
    return images_in(documents.documents(done.stdout))


def same(release: Mapping[str, Any], chart_digest: str, live: Mapping[str, Any]) -> bool:
    """Say whether a release is live as it is to be: its images ran already. `live` is its newest revision, or empty."""
    wanted = state.identity(chart_digest, release.get("values"), release.get("secret_checksums"))
    there = state.Live((dict(live),) if live else ())
    return state.decide(there, state.Wanted(wanted)).state is state.State.IN_SYNC


def find_missing(
    helm: str, releases: Iterable[Mapping[str, Any]], version: str, pushed_by: Mapping[str, str] | None = None
) -> MissingImages:
    """Render releases, {name, namespace, path, values}, and ask registries for each of their images.

    `pushed_by` holds the command that pushes what is built here, by the image's repository.
    """
    users: dict[str, list[str]] = {}
    found = MissingImages()
    with ThreadPoolExecutor(max_workers=RENDERERS) as pool:
        futures = {str(each["name"]): pool.submit(render, helm, each, version) for each in releases}
    for name, future in futures.items():
        try:
            for image in sorted(future.result()):
                users.setdefault(image, []).append(name)
        except RenderError as error:
            found.problems.append(str(error))
    ask(users, found, pushed_by)
    return found


def ask(users: Mapping[str, list[str]], found: MissingImages, pushed_by: Mapping[str, str] | None = None) -> None:
    """Ask registries for images, `users` being the releases of each; add what they say to `found`."""
    with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
        answers = dict(zip(users, pool.map(lambda each: _exists(parse(each)), users), strict=True))
    silent: dict[str, str] = {}
    for image, answer in answers.items():
        found.asked += 1
        if answer == HTTPStatus.NOT_FOUND:
            found.problems.append(
                f"The image {image} of {', '.join(users[image])} does not exist in its registry: "
                f"{_pushing(image, pushed_by or {})}, or write another repository or tag."
            )
        elif answer != HTTPStatus.OK:
            silent.setdefault(parse(image).registry, str(answer))
    found.notes += [f"{name} does not say whether its images are there ({why})" for name, why in sorted(silent.items())]


def _pushing(image: str, pushed_by: Mapping[str, str]) -> str:
    """Return how an image gets into its registry, as far as that is known."""
    named = parse(image)
    for repository, command in pushed_by.items():
        own = parse(repository)
        if (own.registry, own.repository) == (named.registry, named.repository):
            return f"push it by `{command}`, or let the pipeline do so"
    return "push it"


def _exists(image: Image) -> int | str:
    """Return the status with which a registry answers, or why it does not."""
    try:
        status, challenge = _head(image.url, "")
        if status == HTTPStatus.UNAUTHORIZED and challenge.lower().startswith("bearer"):
            status, _unused = _head(image.url, _token(challenge, image))
    except (OSError, ValueError) as error:
        return str(getattr(error, "reason", None) or error)
    return status


def _head(url: str, token: str) -> tuple[int, str]:
    """Ask for a manifest without its content; return the status and the registry's challenge."""
    headers = {"Accept": MANIFESTS, **({"Authorization": f"Bearer {token}"} if token else {})}
    try:
        with open_url(url, method="HEAD", headers=headers, timeout=SECONDS) as answer:
            return int(answer.status), ""
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("WWW-Authenticate", "")


def _token(challenge: str, image: Image) -> str:
    """Return the token that a registry gives to anybody, by its challenge: realm, service and scope."""
    fields = dict(_CHALLENGE.findall(challenge))
    realm = fields.get("realm", "")
    if urllib.parse.urlsplit(realm).scheme not in {"https", "http"}:
        raise ValueError(f"no address to get a token from in {challenge!r}")
    query = {"scope": fields.get("scope") or f"repository:{image.repository}:pull"}
    query |= {"service": fields["service"]} if "service" in fields else {}
    with open_url(f"{realm}?{urllib.parse.urlencode(query)}", timeout=SECONDS) as answer:
        given = json.load(answer)
    return str(given.get("token") or given.get("access_token") or "")
