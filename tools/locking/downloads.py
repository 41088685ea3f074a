"""The pins of what tools/*.yml download, `sha256: {<tool>: {<os>-<arch>: <digest>}}`: of the bytes that hosts serve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from toolcache.download import find_checksum
from toolcache.pins import Download, Platform, load

from locking import web
from locking.outcome import Edit, NotServedError, Outcome, OutOfReachError, compared, unanswered


@dataclass(frozen=True)
class Pin:
    """A tool's download for one platform, and where in the file `path` its digest is."""

    path: Path
    subject: str
    download: Download
    start: int
    end: int


def pins(root: Path) -> list[Pin]:
    """Return the pins of all downloads, whatever the platform. Raises ToolError for a file that is no list of tools."""
    return [pin for path in sorted(root.glob("tools/*.yml")) for pin in _pins(path)]


def _pins(path: Path) -> Iterator[Pin]:
    with path.open(encoding="utf-8", newline="") as file:
        text = file.read()
    for name, system, leaf in _leaves(yaml.compose(text, Loader=yaml.CSafeLoader)):
        platform = Platform(*system.split("-"))
        tool = next((each for each in load(path, platform).tools() if each.name == name), None)
        if tool and tool.download:
            subject = f"tool {tool.name} {tool.version} ({system})"
            yield Pin(path, subject, tool.download, leaf.start_mark.index, leaf.end_mark.index)


def _leaves(node: yaml.Node | None) -> Iterator[tuple[str, str, yaml.Node]]:
    """Yield tool, platform and the node of the digest for each."""
    for family in _fields(_fields(node).get("families")).values():
        digests = _fields(_fields(family).get("download")).get("sha256")
        for name, systems in _fields(digests).items():
            for system, leaf in _fields(systems).items():
                yield name, system, leaf


def _fields(node: yaml.Node | None) -> dict[str, yaml.Node]:
    return {key.value: value for key, value in node.value} if isinstance(node, yaml.MappingNode) else {}


def resolve(pin: Pin) -> Outcome:
    """Compare a pin with the bytes that the host serves, and these with the checksum that it publishes."""
    try:
        published = _published(pin.download)
        served = web.sha256(pin.download.url)
    except web.UnauthorizedError as error:
        return unanswered(
            pin.subject, pin.download.sha256, OutOfReachError(f"{pin.download.url} wants a login: {error}")
        )
    except (OutOfReachError, NotServedError) as error:
        return unanswered(pin.subject, pin.download.sha256, error)
    return compared(pin.subject, pin.download.sha256, published, served, Edit(pin.path, pin.start, pin.end, served))


def _published(download: Download) -> str:
    name = urlsplit(download.url).path.rpartition("/")[2]
    checksum = find_checksum(web.get(download.checksum_url).body.decode("utf-8", errors="replace"), name)
    if checksum is None:
        raise OutOfReachError(f"{download.checksum_url} publishes no SHA-256 of {name}")
    return checksum
