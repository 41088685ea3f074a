"""The file in which the renewer of a Lease reports, so that asking costs no call to the cluster."""

from __future__ import annotations

import getpass
import json
import socket
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from ansible_collections.landfall.eks.plugins.module_utils.text.files import file_name, write_json


@dataclass(frozen=True)
class Status:
    """How a run's Lease is: `renewed` is in epoch seconds, `pid` the renewer's, `lost` a sentence or empty."""

    holder: str
    renewed: float
    seconds: int
    pid: int
    lost: str = ""

    def certain(self) -> bool:
        """Say whether nobody else can have taken the Lease yet."""
        return not self.lost and 0 <= time.time() - self.renewed < self.seconds


def owner_name() -> str:
    """Return who runs this, and on which machine."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container's user need not have a name
        user = "somebody"
    return f"{user}@{socket.gethostname()}"


def holder_name(run: str, host: str) -> str:
    """Return the holder name of a run's work on an inventory host: who, where, the run's id, and that host."""
    return f"{owner_name()}/{run}/{host}"


def status_path(folder: str, host: str) -> Path:
    """Return where the status of an inventory host's Lease is."""
    return Path(folder).expanduser() / f"lease-{file_name(host)}.json"


def write(path: Path, status: Status) -> None:
    """Write the status. Raises OSError if the folder cannot be written."""
    write_json(path, asdict(status), mode=0o600)


def read(path: Path, holder: str) -> Status | None:
    """Return the status of `holder`'s Lease, None if there is none or another run's."""
    try:
        status = Status(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return status if status.holder == holder else None
