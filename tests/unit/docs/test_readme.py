"""What the README says of charts, tags and make's verbs is what the code has."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.unit.components.rendering import COMPONENTS, releases

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()


PINNED = [pytest.param(role, release, id=release["name"]) for role in COMPONENTS for release in releases(role)]


@pytest.mark.parametrize(("role", "release"), PINNED)
def test_chart_table_has_the_pins(role, release):
    name, version = release["chart"]["ref"].rpartition("/")[2], release["chart"]["version"]
    if name.startswith("chart"):
        name, version = "app/chart", yaml.safe_load((ROOT / "app/chart/Chart.yaml").read_text())["version"]
    assert re.search(rf"^\| {name} {re.escape(version)} \| {release['name']}, .* \| \[`{role}`\]", README, re.MULTILINE)


def test_tags_are_those_of_the_site_playbook():
    play = yaml.safe_load((ROOT / "playbooks/site.yml").read_text())[0]
    for tag in {tag for role in play["tasks"] for tag in role["tags"]} - {"always"}:
        assert f"`{tag}`" in README


def test_files_that_are_named_exist():
    for path in re.findall(r"`((?:docs|inventories|app|roles|\.github)/[\w./-]+)`", README):
        assert (ROOT / path).exists(), path


def verbs(text):
    """Return what is typed after `make` in code of a page: in backticks, or as a line of a block."""
    return set(re.findall(r"(?:`|^ *)make ([a-z][\w-]*)(?=[`\s])", code(text), re.MULTILINE))


def code(text):
    """Return the code of a page in Markdown, one piece a line."""
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"`make [^`]+`", text)])


def targets():
    return set(re.findall(r"^([\w-]+):(?!=)", MAKEFILE, re.MULTILINE))


def test_verbs_are_seen_whatever_they_are_made_of():
    text = (
        "Make it so: `make e2e`, `make no-such-verb` and `make up\nREAL_NODE=1`, and make sure.\n```\nmake a_b\n```\n"
    )
    assert verbs(text) == {"e2e", "no-such-verb", "up", "a_b"}


def test_verbs_of_make_exist():
    pages = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("CONTRIBUTING.md")]
    named = {page.relative_to(ROOT).as_posix(): verbs(page.read_text()) for page in pages}
    assert named["README.md"] >= {"up", "e2e", "system-packages"}
    assert {page: missing for page, each in named.items() if (missing := each - targets())} == {}


def test_help_shows_every_verb_that_says_what_it_does():
    done = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    shown = {line.split()[1] for line in done.stdout.splitlines()}
    assert shown == {line.partition(":")[0] for line in MAKEFILE.splitlines() if re.match(r"[^\s#].*:.*## ", line)}
    assert {"e2e", "aws-acceptance"} <= shown <= targets()
