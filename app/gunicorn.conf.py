"""gunicorn for a container. Read before the application is loaded, which the metrics rely on."""

import gc
import importlib
import os
import shutil
import signal
import sys
import tempfile
from types import FrameType
from typing import Any

from landfall_app import draining, logs
from landfall_app.settings import SettingsError, load

try:
    settings = load(os.environ)
except SettingsError as error:
    sys.exit(logs.refusal(str(error)))

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
# The workers' heartbeat files: not on a disk that may stall, nor on a read-only root.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 # gunicorn unlinks them at once
# Its default lies in the home directory, which a read-only container has not.
control_socket_disable = True
loglevel = settings.log_level
logger_class = logs.GunicornLogger
accesslog = "-"


# Python's default is 2000.
GC_ALLOCATIONS = 50_000


def when_ready(server: Any) -> None:
    """Turn /readyz false the moment that SIGTERM comes, and stop at once or after the delay that is set.

    gunicorn itself would close its sockets first, so that nobody could be told. The delay is for places without
    a preStop hook: meanwhile everything is answered as before, /readyz excepted.
    """

    def drain(number: int, frame: FrameType | None) -> None:
        first = not draining.begun()
        draining.begin()
        if first and settings.shutdown_delay_seconds:
            signal.setitimer(signal.ITIMER_REAL, settings.shutdown_delay_seconds)
        else:
            server.signal(number, frame)

    signal.signal(signal.SIGTERM, drain)
    signal.signal(signal.SIGALRM, lambda _number, frame: server.signal(signal.SIGTERM, frame))
    end_workers_that_are_not_ready()


def end_workers_that_are_not_ready() -> None:
    """Let a worker that is told to stop before it has handlers of its own end at once.

    It would answer with those it has from the server, which do nothing in it, and be waited for in vain for all of
    APP_GRACEFUL_SECONDS: https://github.com/benoitc/gunicorn/issues/1910. The signals are held back during the fork,
    so that none falls between the two.
    """
    told = (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT)

    def let_come() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, told)

    def in_worker() -> None:
        for number in told:
            signal.signal(number, signal.SIG_DFL)
        let_come()

    os.register_at_fork(
        before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, told),
        after_in_parent=let_come,
        after_in_child=in_worker,
    )


def post_worker_init(_worker: Any) -> None:
    """Spare the garbage collector what lives as long as the worker, and let it look less often at the rest.

    Flask leaves almost no cycles behind, so what it would find is little.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_ALLOCATIONS)


def child_exit(_server: Any, worker: Any) -> None:
    """Forget a dead worker's gauges; its counts stay."""
    # Imported here alone: prometheus_client decides at import, by the folder's variable, how metrics are kept.
    importlib.import_module("prometheus_client.multiprocess").mark_process_dead(worker.pid)


def on_exit(_server: Any) -> None:
    """Remove the metrics files."""
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
