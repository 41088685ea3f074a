"""gunicorn for a container. Read before the application is loaded, which the metrics rely on."""

import importlib
import os
import shutil
import sys
import tempfile
from typing import Any

from landfall_app.settings import SettingsError, load

try:
    settings = load(os.environ)
except SettingsError as error:
    sys.exit(str(error))

# Each worker writes its metrics to files here, and any of them can then answer for all.
# Kept when gunicorn reads this file again, which it does on SIGHUP.
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="app-metrics-")

wsgi_app = "landfall_app.factory:create_app()"
bind = f"[{settings.host}]:{settings.port}" if ":" in settings.host else f"{settings.host}:{settings.port}"
worker_class = "gthread"
workers = settings.workers
threads = settings.threads
graceful_timeout = settings.graceful_seconds
# Longer than nginx keeps an idle connection (60 s), so that it is never the server that closes one about to be used.
keepalive = 75
# Its default lies in the home directory, which a read-only container has not.
control_socket_disable = True
loglevel = settings.log_level
accesslog = "-"


def child_exit(_server: Any, worker: Any) -> None:
    """Forget a dead worker's gauges; its counts stay."""
    # Imported here alone: prometheus_client decides at import, by the folder's variable, how metrics are kept.
    importlib.import_module("prometheus_client.multiprocess").mark_process_dead(worker.pid)


def on_exit(_server: Any) -> None:
    """Remove the metrics files."""
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
