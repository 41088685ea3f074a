"""CONTRIBUTING.md is true of the code, and the prose linter knows the words that it lists."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.unit.test_imports_run_one_way import ORDER

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "CONTRIBUTING.md").read_text()
WORDS = yaml.safe_load((ROOT / ".config/vale/Landfall/Words.yml").read_text())["swap"]
PLANTED = ("the rights of a role", "a certificate of the authority", "it is to be had", "what becomes of a release")
CLEAN = "The certificate authority grants permissions, and a release becomes ready."


def plain(pattern: str) -> str:
    """Return the words that a key of the word list stands for, without its regular expression."""
    text = re.sub(r"\(\?<?[!=].*?\)|\(\?:[^()]*\)\?|\w\?", "", pattern)
    return re.sub(r"\(\?:([^()|]*)[^()]*\)", r"\1", text).replace(r"\s+", " ")


def table() -> str:
    """Return the table of words that the page has to show."""
    rows = [f"| {plain(ours)} | {term} |" for ours, term in WORDS.items()]
    return "\n".join(["| instead of | write |", "| --- | --- |", *rows]) + "\n"


def prose(*files: Path) -> subprocess.CompletedProcess[str]:
    """Run the prose linter as tests/lint.sh does."""
    command = ["vale", "--config", str(ROOT / ".config/vale.ini"), "--output", "line", *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


needs_vale = pytest.mark.skipif(not shutil.which("vale"), reason="not run: vale is missing (make test-tools)")


def test_the_word_list_is_shown():
    assert table() in PAGE, table()


def test_the_map_has_every_package_in_its_order():
    part = PAGE.partition("| foundations |")[2].partition("\n\n")[0]
    assert re.findall(r"`(\w+)`", part) == list(ORDER)


def test_paths_and_verbs_exist():
    paths = re.findall(r"(?:docs|roles|plugins|tests|tools|playbooks|inventories|molecule|changelogs)/[\w./-]*\w", PAGE)
    assert paths
    assert [path for path in paths if not (ROOT / path).exists() and not path.endswith("/fragments/")] == []
    makefile = (ROOT / "Makefile").read_text()
    verbs = re.findall(r"(?:`|^)make ([a-z][\w-]*)", PAGE, re.MULTILINE)
    assert verbs
    assert {verb for verb in verbs if not re.search(rf"^{verb}:", makefile, re.MULTILINE)} == set()


@needs_vale
@pytest.mark.parametrize("ending", ["md", "yml", "py"])
@pytest.mark.parametrize("planted", [*PLANTED, *map(plain, WORDS)])
def test_a_planted_word_fails_the_prose_linter(planted: str, ending: str, tmp_path: Path):
    for text, status in ((planted, 1), (CLEAN, 0)):
        file = tmp_path / f"page.{ending}"
        file.write_text({"md": f"Here is {text}.\n", "yml": f"# {text}\n", "py": f'"""Here is {text}."""\n'}[ending])
        done = prose(file)
        assert done.returncode == status, done.stdout + done.stderr
        assert ("Landfall." in done.stdout) is (status == 1)


@needs_vale
def test_a_phrase_over_two_lines_is_found(tmp_path: Path):
    file = tmp_path / "page.md"
    file.write_text("It says what becomes\nof a release.\n")
    assert "Landfall.Phrases" in prose(file).stdout
