"""The rows of causes, and what a run says of each: shared by the tests and the page that is made from them."""

import re
from pathlib import Path

import yaml

from ansible_collections.landfall.eks.plugins.module_utils.rollout.remedies import remedy_of

ROWS = yaml.safe_load((Path(__file__).parent / "rows.yml").read_text(encoding="utf-8"))
BACK = "it is back at revision 1, and ready"


def caused():
    """Return the rows that are caused on the local cluster."""
    return [row for row in ROWS if "objects" not in row]


def judged():
    """Return the rows of which only objects are judged, as the named program would write them."""
    return [row for row in ROWS if "objects" in row]


def pattern(text):
    """Return an expression for a text of a row, in which … stands for what differs from run to run."""
    return ".*?".join(re.escape(part) for part in text.split("…"))


def sentence(row):
    """Return an expression for what a run that failed says of a row's release."""
    way_back = pattern(row.get("way_back", BACK))
    said = f"{row['cause']}/{row['cause']}: {row['says']}; to do: {remedy_of(row['says'])}; "
    return rf"{pattern(said)}{way_back}; evidence: \S+/{row['cause']}\.{row['cause']}\."
