"""The pins of charts in roles/*/vars/main.yml: upstream's own bytes, whose digest upstream publishes too."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from locking import registry, web
from locking.outcome import Edit, NotServedError, Outcome, OutOfReachError, compared, unanswered

PULL_SECONDS = 180
PIN = {"ref", "version", "sha256"}
REMOTE = ("https://", "http://", "oci://")


class OtherBytesError(Exception):
    """Helm compared a registry's bytes with its manifest; these are its words."""


@dataclass(frozen=True)
class ChartPin:
    """A chart {ref, version, sha256} in a file, and where its digest stands there."""

    path: Path
    ref: str
    version: str
    sha256: str | None
    start: int
    end: int

    @property
    def name(self) -> str:
        """The chart's name: the last part of its reference."""
        return self.ref.rpartition("/")[2]

    @property
    def repository(self) -> str:
        """The repository's address: the reference without the chart's name."""
        return self.ref.rpartition("/")[0]


def pins(root: Path) -> list[ChartPin]:
    """Return the pins of all charts that upstream serves."""
    found: list[ChartPin] = []
    for path in sorted(root.glob("roles/*/vars/main.yml")):
        with path.open(encoding="utf-8", newline="") as file:
            text = file.read()
        found += _pins(path, yaml.compose(text, Loader=yaml.CSafeLoader))
    return found


def _pins(path: Path, node: yaml.Node | None) -> Iterator[ChartPin]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _pins(path, item)
    if isinstance(node, yaml.MappingNode):
        fields: dict[str, Any] = {key.value: value for key, value in node.value}
        if fields.keys() >= PIN and str(fields["ref"].value).startswith(REMOTE):
            leaf = fields["sha256"]
            digest = None if leaf.tag.endswith(":null") else str(leaf.value)
            marks = leaf.start_mark.index, leaf.end_mark.index
            yield ChartPin(path, fields["ref"].value, fields["version"].value, digest, *marks)
            return
        for value in fields.values():
            yield from _pins(path, value)


def resolve(pin: ChartPin, helm: str) -> Outcome:
    """Compare a pin with upstream's bytes, and these with the digest that upstream publishes."""
    subject = f"chart {pin.name} {pin.version}"
    try:
        published = _published(pin)
        pulled = _pulled(pin, helm)
    except OtherBytesError as error:
        says = f"upstream publishes the SHA-256 {published} and serves other bytes ({error}); the pin is left as it is"
        return Outcome(subject, says, wrong=True)
    except (OutOfReachError, NotServedError) as error:
        return unanswered(subject, pin.sha256, error)
    return compared(subject, pin.sha256, published, pulled, Edit(pin.path, pin.start, pin.end, pulled))


def _published(pin: ChartPin) -> str:
    if pin.ref.startswith("oci://"):
        host, _, repository = pin.ref.removeprefix("oci://").partition("/")
        return registry.chart_digest(registry.Place(host, repository), pin.version)
    url = f"{pin.repository}/index.yaml"
    try:
        index = yaml.load(web.get(url).body, Loader=yaml.CSafeLoader)
        entries = [each for each in index["entries"].get(pin.name, []) if str(each["version"]) == pin.version]
    except web.UnauthorizedError as error:
        raise OutOfReachError(f"{url} wants a login") from error
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise OutOfReachError(f"{url} is no index of charts") from error
    if not entries:
        raise NotServedError(f"{url} has no {pin.name} {pin.version}")
    if not entries[0].get("digest"):
        raise OutOfReachError(f"{url} publishes no digest of {pin.name} {pin.version}")
    return str(entries[0]["digest"]).removeprefix("sha256:")


def _pulled(pin: ChartPin, helm: str) -> str:
    """Return the SHA-256 of the archive that helm downloads, with no cache of anybody's in between."""
    what = [pin.ref] if pin.ref.startswith("oci://") else [pin.name, "--repo", pin.repository]
    host = pin.ref.partition("://")[2].partition("/")[0]
    plain = ["--plain-http"] if pin.ref.startswith("oci://") and web.is_loopback(host) else []
    with tempfile.TemporaryDirectory(prefix="landfall-lock-") as folder:
        homes = {f"HELM_{each}_HOME": f"{folder}/{each.lower()}" for each in ("CACHE", "CONFIG", "DATA")}
        target = Path(folder, "charts")
        target.mkdir()
        command = [helm, "pull", *what, *plain, "--version", pin.version, "--destination", str(target)]
        try:
            environment = {**os.environ, **homes}
            subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=PULL_SECONDS)
            return hashlib.sha256((target / f"{pin.name}-{pin.version}.tgz").read_bytes()).hexdigest()
        except (subprocess.SubprocessError, OSError) as error:
            words = (getattr(error, "stderr", "") or str(error)).strip().splitlines() or ["no reason given"]
            if "mismatch" in words[-1]:
                raise OtherBytesError(words[-1]) from error
            raise OutOfReachError(f"helm could not pull it: {words[-1]}") from error
