"""What app_bench.py measures under gunicorn: a bare Flask hello, and the application whole or without one part."""

from __future__ import annotations

from wsgiref.types import WSGIApplication

from flask import Flask
from markupsafe import escape


def bare() -> Flask:
    """Return the smallest Flask application that answers /hello/<user>."""
    app = Flask(__name__)
    app.add_url_rule("/hello/<user>", view_func=hello)
    return app


def hello(user: str) -> str:
    """Greet."""
    return f"<p>Hello, {escape(user)}!</p>"


def without(part: str) -> Flask:
    """Return the application without "metrics", "headers" (security's and the request's id), or "" for nothing."""
    from landfall_app import correlation, factory, metrics, security  # noqa: PLC0415 # the metrics folder is set by now

    def plain(application: WSGIApplication, *_: str) -> WSGIApplication:
        return application

    if part == "metrics":
        metrics.Metrics.init_app = lambda *_: None  # type: ignore[method-assign]
    if part == "headers":
        correlation.identified = plain
        security.hardened = plain
    return factory.create_app()
