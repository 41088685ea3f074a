"""What the README says of charts, tags and make's verbs is what the code has."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()
COMPONENTS = ("ingress", "metrics_server", "monitoring", "efk", "argocd", "flask_app")


def releases():
    for role in COMPONENTS:
        variables = yaml.safe_load((ROOT / f"roles/{role}/vars/main.yml").read_text())
        for release in variables[f"__{role}_releases"]:
            yield pytest.param(role, release, id=release["name"])


@pytest.mark.parametrize(("role", "release"), list(releases()))
def test_chart_table_has_the_pins(role, release):
    name, version = release["chart"]["ref"].rpartition("/")[2], release["chart"]["version"]
    if name.startswith("chart"):
        name, version = "app/chart", yaml.safe_load((ROOT / "app/chart/Chart.yaml").read_text())["version"]
    assert re.search(rf"^\| {name} {re.escape(version)} \| {release['name']}, .* \| \[`{role}`\]", README, re.MULTILINE)


def test_tags_are_those_of_the_site_playbook():
    play = yaml.safe_load((ROOT / "playbooks/site.yml").read_text())[0]
    for tag in {tag for role in play["roles"] for tag in role["tags"]} - {"always"}:
        assert f"`{tag}`" in README


def test_files_that_are_named_exist():
    for path in re.findall(r"`((?:docs|inventories|app|roles|\.github)/[\w./-]+)`", README):
        assert (ROOT / path).exists(), path


def test_verbs_of_make_exist():
    makefile = (ROOT / "Makefile").read_text()
    for verb in re.findall(r"`make (\w+)`", README):
        assert re.search(rf"^{verb}:", makefile, re.MULTILINE), verb
