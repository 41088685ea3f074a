"""Runs Helm in a process of its own, and leaves in a file how it ended; helm_job starts it.

Of the collection it imports nothing, and of Python little, so that it starts at once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

KILLED = -9


def run(job: Path, order: dict[str, Any]) -> None:
    """Run the order {command, values, seconds}: Helm gets `values`, a text, and is killed after `seconds`.

    While it is at work the file `job` says {finished: 0, pid}, afterwards {finished: 1, rc, stderr}.
    """
    leave(job, {"finished": 0, "pid": os.getpid()})
    try:
        with whole(order["values"], job.parent) as values:
            done = subprocess.run(  # pylint: disable=ansible-bad-function
                order["command"],
                stdin=values,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                timeout=order["seconds"],
                check=False,
            )
    except subprocess.TimeoutExpired:
        result = {"rc": KILLED, "stderr": f"Error: Helm did not end within {order['seconds']:.0f} s"}
    except OSError as error:
        result = {"rc": 1, "stderr": f"Error: Helm cannot be started: {error}"}
    else:
        result = {"rc": done.returncode, "stderr": done.stderr}
    leave(job, {"finished": 1, **result})


@contextmanager
def whole(text: str, folder: Path) -> Iterator[IO[bytes]]:
    """Give a file without a name that holds all of a text before anybody reads it; in memory where Linux has that.

    A pipe is closed when its writer is killed, and Helm takes an empty one for a chart without values.
    """
    in_memory = sys.platform == "linux"
    with os.fdopen(os.memfd_create("values"), "w+b") if in_memory else tempfile.TemporaryFile(dir=folder) as file:
        file.write(text.encode())
        file.seek(0)
        yield file


def leave(job: Path, result: dict[str, Any]) -> None:
    """Write a result, so that no reader sees half of it."""
    written = job.with_suffix(".new")
    written.write_text(json.dumps(result), encoding="utf-8")
    written.replace(job)


if __name__ == "__main__":
    run(Path(sys.argv[1]), json.load(sys.stdin))
