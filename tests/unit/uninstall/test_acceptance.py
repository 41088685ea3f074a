"""The script for a person with an account: not run here, but each command of it is one that there is."""

import itertools
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.settings.specs import load_settings

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "tests/aws_acceptance.sh"
STAGES = ["cluster", "platform", "verify", "uninstall", "absent", "orphans"]


def script(*words, text=""):
    return subprocess.run(["bash", SCRIPT, *words], capture_output=True, text=True, input=text, check=False, cwd=ROOT)


def commands(said):
    """Return the printed commands as lists of words, where their output goes left out."""
    joined = shlex.split(said.replace("\n+ ", "\n+RUN "), comments=False)
    found: list[list[str]] = []
    for word in joined[joined.index("+RUN") :]:
        if word == "+RUN":
            found.append([])
        elif found:
            found[-1].append(word)
    return found


@pytest.fixture(scope="module")
def printed():
    done = script("--dry-run")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_bash_and_shellcheck_have_nothing_to_say():
    assert subprocess.run(["bash", "-n", SCRIPT], check=False).returncode == 0
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is missing: make system-packages")
    done = subprocess.run(["shellcheck", SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_it_says_time_and_cost_and_that_it_was_not_run(printed):
    head, _, stages = printed.partition("== cluster")
    assert "minutes" in head
    assert "USD an hour" in head
    assert [line[3:] for line in printed.splitlines() if line.startswith("== ")] == STAGES
    assert stages.rstrip().endswith("only printed; not run")


def test_each_command_and_playbook_and_setting_exists(printed):
    settings = load_settings(ROOT / "roles")
    run = [each for each in commands(printed) if each[0] != "write"]
    assert len(run) >= len(STAGES)
    for words in run:
        assert shutil.which(words[0]), words[0]
        if words[0] != "ansible-playbook":
            continue
        assert (ROOT / words[3]).exists(), words[3]
        given = [after for before, after in itertools.pairwise(words) if before == "-e"]
        for each in given:
            name = each.partition("=")[0]
            assert each.startswith("@") or name in settings or name == "state", each


def test_the_inventory_it_writes_has_settings_that_there_are():
    written = SCRIPT.read_text().partition("<< YAML\n")[2].partition("\nYAML\n")[0]
    host = yaml.safe_load(written.replace("$NAME", "name").replace("$here", "203.0.113.7/32"))
    names = set(host["clusters"]["hosts"]["name"])
    assert {each for each in names if not each.startswith("ansible_")} <= set(load_settings(ROOT / "roles"))


def test_it_goes_on_where_it_was_cut_off_and_refuses_what_is_no_stage():
    said = script("--dry-run", "--from", "absent").stdout
    assert [line[3:] for line in said.splitlines() if line.startswith("== ")] == ["absent", "orphans"]
    refused = script("--dry-run", "--from", "begin")
    assert refused.returncode == 2
    assert "write one of cluster platform" in refused.stderr
