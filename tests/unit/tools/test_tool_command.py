"""The command line, the folder of links, and the real tools.yml."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from get_tools import choose
from toolcache.build import required_version
from toolcache.errors import ToolError
from toolcache.links import link
from toolcache.pins import load, this_platform

from .conftest import TOOLS

if TYPE_CHECKING:
    from .conftest import Project

NAMES = [
    "etcd",
    "helm",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubectl",
    "kubelet",
    "kwok",
    "kwokctl",
    "metrics-server",
    "pause",
]


def test_only_gets_one_tool(project: Project) -> None:
    done = project.run("--json", "--only", "beta")
    assert list(json.loads(done.stdout)) == ["beta"]
    assert [entry.name.split("-")[0] for entry in project.entries()] == ["beta"]


def test_unknown_tool_is_one_sentence(project: Project) -> None:
    done = project.run("--only", "gamma")
    assert done.returncode == 1
    assert done.stderr == "get_tools: --only knows no tool 'gamma': write one or more of alpha, beta.\n"


def test_cached_gets_nothing(project: Project) -> None:
    done = project.run("--cached", "--only", "beta")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"get_tools: The tool cache {project.cache} lacks beta: run this without --cached.\n"
    assert project.entries() == []
    project.run("--only", "beta")
    done = project.run("--cached", "--json", "--only", "beta")
    assert json.loads(done.stdout)["beta"]["source"] == "cache"


def test_stdout_is_empty_without_json(project: Project) -> None:
    assert project.run().stdout == ""


def test_links_lead_to_the_programs_and_follow_a_new_version(project: Project) -> None:
    links = project.root / "links"
    project.run(f"--bin={links}")
    assert sorted(path.name for path in links.iterdir()) == ["alpha", "beta"]
    first = (links / "alpha").readlink()
    assert "2 links changed" not in project.run(f"--bin={links}").stderr
    project.write(version="1.2.4")
    assert "2 links changed" in project.run(f"--bin={links}").stderr
    assert (links / "alpha").readlink() != first
    assert "alpha-1.2.4-" in str((links / "alpha").resolve())
    assert sorted(path.name for path in links.iterdir()) == ["alpha", "beta"]


def test_dangling_link_is_replaced(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "alpha").symlink_to(tmp_path / "gone")
    assert link(tmp_path / "links", {"alpha": program}) == ["alpha"]
    assert link(tmp_path / "links", {"alpha": program}) == []


def test_a_file_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "alpha").write_text("mine")
    with pytest.raises(ToolError, match="is a file of its own"):
        link(tmp_path, {"alpha": tmp_path / "program"})
    assert (tmp_path / "alpha").read_text() == "mine"


def test_unusable_folders_are_one_sentence(project: Project) -> None:
    (project.root / "file").write_text("")
    links = project.run(f"--bin={project.root / 'file' / 'bin'}")
    cache = project.run(f"--cache={project.root / 'file' / 'cache'}")
    for done, words in ((links, "--bin"), (cache, "set LANDFALL_TOOL_CACHE to another")):
        assert done.returncode == 1
        assert words in done.stderr.splitlines()[-1]
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("text", ["families: [", "families: {}", "", "go_toolchain: 3\nfamilies: 4"])
def test_broken_pins_are_one_sentence(project: Project, text: str) -> None:
    project.pins.write_text(text)
    done = project.run()
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "is not a valid list of tools" in done.stderr


def test_plain_http_is_refused(project: Project) -> None:
    project.write(download={"url": "http://example.org/{tool}", "checksum_url": "https://example.org/sums"})
    with pytest.raises(ToolError, match="is no https address"):
        load(project.pins, this_platform())


def test_platforms() -> None:
    assert this_platform("Linux", "aarch64").arch == "arm64"
    for system, machine in (("Darwin", "arm64"), ("Linux", "riscv64")):
        with pytest.raises(ToolError, match=f"not on {system} {machine}"):
            this_platform(system, machine)


def test_real_pins_name_every_tool_of_the_cluster() -> None:
    pins = load(TOOLS / "tools.yml", this_platform())
    assert sorted(tool.name for tool in pins.tools()) == NAMES
    assert len({tool.key for tool in pins.tools()}) == len(NAMES)
    unfilled = re.compile(r"[{}]")
    for tool in pins.tools():
        texts = [*tool.ldflags, tool.key, *(str(value) for value in vars(tool.download or tool).values())]
        assert not any(unfilled.search(text) for text in texts if text != str(tool.download))


@pytest.mark.parametrize("name", ["tools.yml", "test-tools.yml", "release-tools.yml"])
def test_real_pins_agree_with_the_go_modules(name: str) -> None:
    pins = load(TOOLS / name, this_platform())
    for family in pins.families:
        if (family.module / "main.go").exists():
            continue  # ours: nothing is required
        go_mod = (family.module / "go.mod").read_text()
        for tool in family.tools:
            assert f"tool {tool.package}\n" in go_mod or f"\t{tool.package}\n" in go_mod
        modules = re.findall(r"^(?:require |\t)(\S+) (v\S+)", go_mod, re.MULTILINE)
        owners = [version for module, version in modules if family.tools[0].package.startswith(module)]
        assert f"v{family.version}" in owners
        assert (family.module / "go.sum").stat().st_size > 0


def test_real_node_is_optional_and_got_by_name() -> None:
    pins = load(TOOLS / "tools.yml", this_platform())
    usual = {tool.name for tool in choose(pins, None)}
    assert set(NAMES) - usual == {"kubelet", "pause"}
    assert {tool.name for tool in choose(pins, None, ["kubelet", "pause"])} == set(NAMES)
    assert [tool.name for tool in choose(pins, ["pause"])] == ["pause"]
    with pytest.raises(ToolError, match="--with knows no tool 'runc'"):
        choose(pins, None, ["runc"])


def test_kubelet_is_of_the_api_servers_version() -> None:
    versions = {family.name: family.version for family in load(TOOLS / "tools.yml", this_platform()).families}
    assert versions["kubelet"] == versions["kubernetes"]


def test_real_toolchain_is_pinned_once_and_new_enough() -> None:
    pins = load(TOOLS / "tools.yml", this_platform())
    pinned = pins.toolchain.requirements.read_text()
    assert pinned.startswith(f"{pins.toolchain.package}=={pins.toolchain.version} ")
    assert "--hash=sha256:" in pinned
    shipped = tuple(int(part) for part in pins.toolchain.version.split("."))
    assert all(required_version(family.module / "go.mod") <= shipped for family in pins.families)
