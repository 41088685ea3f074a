"""The application's configuration, with a second worker that takes minutes to set its handlers of signals."""

import time
from pathlib import Path
from typing import Any

exec(Path("gunicorn.conf.py").read_text())  # noqa: S102 # as gunicorn reads it


def post_fork(_server: Any, worker: Any) -> None:
    if worker.age == 2:
        time.sleep(300)
