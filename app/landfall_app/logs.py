"""Logs for a container: one JSON object a line, gunicorn's own and the access log included."""

import logging
import os
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from flask import has_request_context, request
from gunicorn.config import Config
from gunicorn.glogging import Logger
from pythonjsonlogger.orjson import OrjsonFormatter

from landfall_app.correlation import REQUEST_ID, TRACE_ID

# What Kubernetes and Prometheus ask every few seconds: logged when it fails, else at level debug alone.
ROUTINE = frozenset({"/healthz", "/readyz", "/metrics"})
FAILED = 400


def formatter() -> OrjsonFormatter:
    """Return what turns a record into a line; a traceback is a string in it."""
    renamed = {"levelname": "level", "name": "logger"}
    return OrjsonFormatter("%(levelname)s %(name)s %(message)s", rename_fields=renamed, timestamp="time")


class Correlated(logging.Filter):
    """Adds the ids of the request that a record was made for."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
        if has_request_context():
            record.request_id = request.environ.get(REQUEST_ID)
            record.trace_id = request.environ.get(TRACE_ID)
        return True


def configure(level: str) -> None:
    """Send what the application and its libraries log, and Python's warnings, to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter())
    handler.addFilter(Correlated())
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    logging.captureWarnings(capture=True)


class GunicornLogger(Logger):  # type: ignore[misc] # gunicorn has no types
    """gunicorn's logger, writing JSON."""

    def setup(self, cfg: Config) -> None:
        """Set the loggers up; gunicorn calls this at start and on SIGHUP."""
        super().setup(cfg)
        configure(cfg.loglevel)
        for handler in self.error_log.handlers:
            handler.setFormatter(formatter())
        self._verbose = self.loglevel <= logging.DEBUG
        self._access_file = self.access_log.handlers[0].stream.fileno() if cfg.accesslog else None

    def access(self, resp: Any, _req: Any, environ: dict[str, Any], request_time: timedelta) -> None:
        """Log one request: `resp` is gunicorn's answer, `environ` the application's.

        Without gunicorn's table of every header and variable, which would cost more than the rest of the line.
        """
        if self._access_file is None:
            return
        status = int(resp.status_code)
        if environ.get("PATH_INFO") in ROUTINE and status < FAILED and not self._verbose:
            return
        record = access_record(resp, status, environ, request_time)
        # One write for each line, so that those of several workers never mix, and no buffer to lose.
        os.write(self._access_file, orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))


def access_record(resp: Any, status: int, environ: dict[str, Any], request_time: timedelta) -> dict[str, Any]:
    """Return the access log's fields. The query is left out: it may hold what belongs in no log."""
    get = environ.get
    return {
        "time": datetime.now(UTC),
        "level": "INFO",
        "logger": "access",
        "message": "request",
        "method": get("REQUEST_METHOD"),
        "path": get("RAW_URI", "").partition("?")[0],
        "status": status,
        "bytes": resp.sent,
        "seconds": request_time.total_seconds(),
        "client": get("REMOTE_ADDR"),
        "forwarded_for": get("HTTP_X_FORWARDED_FOR"),
        "user_agent": get("HTTP_USER_AGENT"),
        "request_id": get(REQUEST_ID),
        "trace_id": get(TRACE_ID),
    }


def refusal(sentences: str) -> str:
    """Return the lines that say why the server does not start, an object for each line of `sentences`."""
    start = {"time": datetime.now(UTC), "level": "CRITICAL", "logger": "settings"}
    return "\n".join(orjson.dumps(start | {"message": sentence}).decode() for sentence in sentences.splitlines())
