"""Whether the images of the releases to install exist: each registry is asked, and only a clear no counts."""

from __future__ import annotations

import json
import os
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
from ansible_collections.landfall.eks.plugins.module_utils.preflight.registry_logins import Login, Logins
from ansible_collections.landfall.eks.plugins.module_utils.text import json_yaml
from ansible_collections.landfall.eks.plugins.module_utils.text.images import Image, is_loopback, parse

SIDE_BY_SIDE = 8
RENDERERS = 2
SECONDS = 5
RENDER_SECONDS = 60
MANIFESTS = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_IMAGE_ARGUMENT = re.compile(r"--[\w-]*(?:image|config-reloader)=(\S+[:@]\S+)")


@dataclass
class MissingImages:
    """What the registries said: `problems` are sentences on images that are not there, `notes` on silent registries."""

    asked: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class RenderError(Exception):
    """A sentence on a chart that does not render."""


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
    values = json_yaml.dump(release.get("values") or {})
    try:
        done = subprocess.run(  # pylint: disable=ansible-bad-function
            command, input=values, check=True, capture_output=True, encoding="utf-8", timeout=RENDER_SECONDS
        )
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
    """Ask registries for images, with the logins of who runs this, and add what they say to `found`.

    `users` are the releases of each image.
    """
    logins = Logins(os.environ)
    with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
        answers = dict(zip(users, pool.map(lambda each: _exists(parse(each), logins), users), strict=True))
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


def _exists(image: Image, logins: Logins) -> int | str:
    """Return the status with which a registry answers, or why it does not say whether an image is there."""
    try:
        status, challenge = _head(image.url, "")
        if status != HTTPStatus.UNAUTHORIZED:
            return status
        login = logins.of(image)
        authorization = _authorization(challenge, image, login)
        if authorization:
            status, _unused = _head(image.url, authorization)
    except urllib.error.HTTPError as error:
        status = error.code
    except (OSError, ValueError) as error:
        return str(getattr(error, "reason", None) or error)
    if status not in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return status
    return f"{status}, {'it refuses the login that is here' if login else 'and there is no login for it here'}"


def _authorization(challenge: str, image: Image, login: Login | None) -> str:
    """Return the header that answers a challenge; empty if nobody can answer it."""
    scheme = challenge.partition(" ")[0].lower()
    if scheme == "bearer":
        return f"Bearer {_token(challenge, image, login)}"
    return login.basic if scheme == "basic" and login and login.user and _is_private(image.url) else ""


def _is_private(url: str) -> bool:
    """Say whether what is sent to an address is read by nobody on the way."""
    parts = urllib.parse.urlsplit(url)
    return parts.scheme == "https" or is_loopback(parts.netloc)


def _head(url: str, authorization: str) -> tuple[int, str]:
    """Ask for a manifest without its content; return the status and the registry's challenge."""
    try:
        with _open(url, {"Accept": MANIFESTS}, authorization, method="HEAD") as answer:
            return int(answer.status), ""
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("WWW-Authenticate", "")


def _token(challenge: str, image: Image, login: Login | None) -> str:
    """Return the token that a registry gives for a login, or to anybody, by its challenge: realm, service and scope."""
    fields = dict(_CHALLENGE.findall(challenge))
    realm = fields.get("realm", "")
    if urllib.parse.urlsplit(realm).scheme not in {"https", "http"}:
        raise ValueError(f"no address to get a token from in {challenge!r}")
    query = {"scope": fields.get("scope") or f"repository:{image.repository}:pull"}
    query |= {"service": fields["service"]} if "service" in fields else {}
    known = login if login and _is_private(realm) else None
    if known and not known.user:
        form = {**query, "grant_type": "refresh_token", "refresh_token": known.secret, "client_id": "landfall"}
        opened = _open(realm, {}, "", method="POST", data=urllib.parse.urlencode(form))
    else:
        opened = _open(f"{realm}?{urllib.parse.urlencode(query)}", {}, known.basic if known else "")
    with opened as answer:
        given = json.load(answer)
    return str(given.get("token") or given.get("access_token") or "")


def _open(url: str, headers: dict[str, str], authorization: str, **more: Any) -> Any:
    """Open an address; nobody it redirects to sees the login, and no other one comes from a .netrc."""
    login = {"Authorization": authorization} if authorization else {}
    return open_url(
        url,
        headers={**headers, **login},
        unredirected_headers=["Authorization"],
        use_netrc=False,
        timeout=SECONDS,
        **more,
    )
