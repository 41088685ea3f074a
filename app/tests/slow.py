"""The application with two routes more: one that takes its time, one that has a bug."""

import time

from flask import Flask

from landfall_app import factory


def create_app() -> Flask:
    app = factory.create_app()
    app.add_url_rule("/slow", view_func=slow)
    app.add_url_rule("/fail", view_func=fail)
    return app


def slow() -> str:
    time.sleep(6)
    return "done"


def fail() -> str:
    raise RuntimeError("the bug")
