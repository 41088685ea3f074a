"""The Flask application, failing for the share of requests that a file says: what errors look like from outside."""

import os
from itertools import count
from pathlib import Path

from flask import Flask, request

from landfall_app import factory

COUNTED = 10
SHARE = Path(os.environ["FAULTS_FILE"])
"""Holds how many of ten requests to each worker fail; without it none does."""


def create_app() -> Flask:
    app = factory.create_app()
    seen = count()

    @app.before_request
    def fail() -> None:
        if request.path.startswith("/hello/") and SHARE.exists() and next(seen) % COUNTED < int(SHARE.read_text()):
            raise RuntimeError("injected")

    return app
