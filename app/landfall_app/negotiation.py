"""Decides between a page and JSON."""

from flask import request


def wants_json() -> bool:
    """Whether the client prefers JSON; browsers, and clients that take anything, get a page."""
    # Most do not name it, and need no weighing.
    if "json" not in request.environ.get("HTTP_ACCEPT", "").lower():
        return False
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
