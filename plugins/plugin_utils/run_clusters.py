"""Which cluster each host of a run is: every host's worker notes it where those of the other hosts can read it.

The notes are in ansible-playbook's own temporary folder, which all workers share and which goes with the run.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

from ansible import constants

from ansible_collections.landfall.eks.plugins.module_utils.text.files import file_name

FOLDER = "landfall-clusters"


def note(host: str, uid: str) -> None:
    """Note that an inventory host is the cluster with a UID; nothing is noted where that is not known."""
    if uid:
        _folder().mkdir(exist_ok=True)
        (_folder() / file_name(host)).write_text(uid, encoding="utf-8")


def same(host: str) -> list[str]:
    """Return the inventory hosts that are the cluster of `host`, itself among them; none if it is the only one."""
    noted = {unquote(each.name): each.read_text(encoding="utf-8") for each in _folder().glob("*")}
    hosts = sorted(name for name, uid in noted.items() if uid == noted.get(host))
    return hosts if len(hosts) > 1 else []


def _folder() -> Path:
    return Path(str(constants.DEFAULT_LOCAL_TMP)) / FOLDER
