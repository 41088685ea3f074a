"""Objectives from files that were written for other programs: specifications of OpenSLO and of Sloth."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.libraries.yaml import yaml
from ansible_collections.landfall.eks.plugins.module_utils.monitoring import slo_checks, slo_openslo, slo_sloth
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.slo_parts import (
    Part,
    SpecError,
    Translation,
    Written,
)
from ansible_collections.landfall.eks.plugins.module_utils.text import yaml_files

SETTING = "monitoring_slo_files"


def read(
    patterns: Iterable[str], folders: Iterable[str], taken: Collection[str] = ()
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Return the objectives of all files by name, as in `monitoring_slos`, and a sentence for each that is refused.

    `patterns` are paths of files, with * for several; one that is no full path is looked for in each of `folders`, and
    the first that has it counts. `taken` are names that no objective may have.
    """
    problems: list[str] = []
    places = [*filter(None, folders)] or ["/"]
    paths = [*chain.from_iterable(_tried((partial(_paths, each, places) for each in patterns), problems))]
    documents = [*chain.from_iterable(_tried((partial(_documents, each) for each in dict.fromkeys(paths)), problems))]
    known = slo_openslo.catalog(documents)
    readers = chain.from_iterable(_tried((partial(_translations, each, known) for each in documents), problems))
    found = _named(_tried(readers, problems), taken, problems)
    for each in found.values():
        problems += slo_checks.problems_of_one(each.name, each.fields, each.places)
    return {name: _said(each.fields) for name, each in found.items()}, problems


def _said(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _tried(readers: Iterable[Callable[[], Any]], problems: list[str]) -> Iterator[Any]:
    """Yield what readers return; the sentences of those that refuse go to `problems`."""
    for each in readers:
        try:
            yield each()
        except SpecError as refused:
            problems.append(str(refused))


def _paths(pattern: str, folders: list[str]) -> list[Path]:
    """Return the files of a pattern, sorted. Raises SpecError if there are none."""
    for folder in folders:
        whole = Path(folder, Path(pattern).expanduser())
        found = [whole] if whole.is_file() else sorted(Path(whole.anchor).glob(str(whole.relative_to(whole.anchor))))
        if files := [each for each in found if each.is_file()]:
            return files
    raise SpecError(
        f"{SETTING} ({pattern!r}) is no file in {' or '.join(folders)}: write its path, with * for several."
    )


def _documents(path: Path) -> list[Part]:
    """Return the documents of a file; a list counts as many. Raises SpecError if it cannot be read."""
    try:
        read_ones = yaml_files.as_written(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"{SETTING}: {path} cannot be read ({error}): correct its path or permissions.") from error
    except yaml.YAMLError as error:
        raise SpecError(f"{path} is no YAML: correct it ({' '.join(str(error).split())}).") from error
    found = []
    for number, each in enumerate(read_ones, 1):
        for inner in each if isinstance(each, list) else [each]:
            if isinstance(inner, Mapping):
                found.append(Part(f"{path}, document {number}", "", inner))
            elif inner is not None:
                raise SpecError(f"{path}, document {number} is no mapping: write a specification of OpenSLO or Sloth.")
    return found


def _translations(document: Part, known: slo_openslo.Catalog) -> list[Translation]:
    if slo_sloth.is_one(document):
        return slo_sloth.translations(document)
    if slo_openslo.is_one(document):
        return slo_openslo.translations(document, known)
    raise document.refuse(
        "", "is neither OpenSLO's (apiVersion: openslo/v1) nor Sloth's (version: prometheus/v1): remove it"
    )


def _named(written: Iterable[Written], taken: Collection[str], problems: list[str]) -> dict[str, Written]:
    """Return objectives by name; of a name that was there before, a sentence goes to `problems`."""
    found: dict[str, Written] = {}
    for each in written:
        if each.name in found or each.name in taken:
            other = found[each.name].places[""] if each.name in found else "one of Landfall's own"
            problems.append(f"{each.places['']} is called {each.name}, and so is {other}: rename it.")
        else:
            found[each.name] = each
    return found
