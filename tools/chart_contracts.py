#!/usr/bin/env python3
"""Writes the contracts of charts, which values they know as keys and types, into tests/contracts."""

from __future__ import annotations

import argparse
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from contracts import chart, tree, values_file
from locking.charts import pins

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "tests" / "contracts"
HEADER = "# Keys and types of a chart's values, made by `make contracts`: docs/contracts.md says how to read them.\n"
NAMED = re.compile(r"(?P<name>[a-z0-9-]+?)-(?P<version>v?\d+\.\d+\.\d+\S*)")


@dataclass(frozen=True)
class Contract:
    """A contract's file name, the chart that it belongs to, and the text of the file."""

    chart: str
    version: str
    text: str

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.chart}-{self.version}.yml"


def made_from(source: Path) -> Contract:
    """Make the contract of a chart archive, a chart folder or a values.yaml.

    A values.yaml has to be in a folder called <chart>-<version>. Raises ContractError.
    """
    if source.suffix in {".yaml", ".yml"}:
        match = NAMED.fullmatch(source.resolve().parent.name)
        if not match:
            raise chart.ContractError(f"{source} is in no folder called <chart>-<version>: put it into one.")
        name, version, node = match["name"], match["version"], values_file.from_text(source.read_text("utf-8"))
    else:
        files = chart.read(source)
        about = chart.metadata(files)
        name, version, node = about["name"], str(about["version"]), chart.contract(files)
    body = "".join(f"{line}\n" for line in tree.lines({"chart": name, "version": version, "values": tree.short(node)}))
    return Contract(name, version, HEADER + body)


def sources(given: Path) -> list[Path]:
    """Return the charts that an argument means: itself, or of a folder of archives those that roles pin."""
    if not given.is_dir() or (given / "Chart.yaml").exists():
        return [given]
    return sorted(given / f"{pin.name}-{pin.version}.tgz" for pin in pins(ROOT))


def keep(contract: Contract, folder: Path, write: bool) -> tuple[bool, str]:
    """Write a contract, replacing the one of another version; return whether it was kept already, and a line."""
    path = folder / contract.file
    others = [
        each
        for each in folder.glob(f"{contract.chart}-*.yml")
        if each != path and (named := NAMED.fullmatch(each.stem)) and named["name"] == contract.chart
    ]
    same = path.exists() and path.read_text("utf-8") == contract.text and not others
    if write and not same:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(contract.text, "utf-8")
        for each in others:
            each.unlink()
    return same, f"{path.name}: {'unchanged' if same else 'written' if write else 'differs'}"


def main(arguments: list[str] | None = None) -> int:
    """Write the contracts, or only compare them with `--check`; return 1 if something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("charts", nargs="*", type=Path, help="chart archives or folders, values.yaml files, or a cache")
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help="where the contracts lie")
    parser.add_argument("--check", action="store_true", help="write nothing, say which contracts differ")
    options = parser.parse_args(arguments)
    cache = os.environ.get("LANDFALL_CHART_CACHE")
    given = options.charts or ([Path(cache)] if cache else [])
    if not given:
        print("There is no chart to read: name archives, or set LANDFALL_CHART_CACHE to a folder that holds them.")
        return 1
    wrong = False
    for source in (each for argument in given for each in sources(argument)):
        try:
            same, line = keep(made_from(source), options.out, write=not options.check)
            wrong = wrong or (options.check and not same)
        except (chart.ContractError, OSError) as error:
            wrong, line = True, str(error)
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
