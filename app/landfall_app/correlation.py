"""What joins a request's traces: its own id, and the id of the trace (W3C Trace Context) that it is part of."""

import os
import re
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from opentelemetry.trace import format_trace_id, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

# In the WSGI environ, where gunicorn's access log finds them too.
REQUEST_ID = "landfall.request_id"
TRACE_ID = "landfall.trace_id"

Headers = list[tuple[str, str]]
HEADER = "X-Request-ID"
_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_propagator = TraceContextTextMapPropagator()


def identified(application: WSGIApplication) -> WSGIApplication:
    """Wrap `application`: every request gets its ids, and every answer its request's id."""

    def call(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        own = environ[REQUEST_ID] = request_id(environ.get("HTTP_X_REQUEST_ID"))
        environ[TRACE_ID] = trace_id(environ.get("HTTP_TRACEPARENT"))

        def start(status: str, headers: Headers, *error: Any) -> Any:
            return start_response(status, [*headers, (HEADER, own)], *error)

        return application(environ, start)

    return call


def request_id(given: str | None) -> str:
    """Return the id that a client or proxy has `given`, or a new one where that is none or unfit for a log."""
    return given if given and _WELL_FORMED.fullmatch(given) else os.urandom(16).hex()


def trace_id(traceparent: str | None) -> str | None:
    """Return the trace's id, 32 hexadecimal digits, or None where `traceparent` is none or malformed."""
    if traceparent is None:
        return None
    span = get_current_span(_propagator.extract({"traceparent": traceparent})).get_span_context()
    return format_trace_id(span.trace_id) if span.is_valid else None
