"""Decides between a page and JSON."""

from flask import request


def wants_json() -> bool:
    """Whether the client prefers JSON; browsers, and clients that take anything, get a page."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
