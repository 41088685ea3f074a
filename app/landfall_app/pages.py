"""What people see: a page for browsers, JSON for clients that ask for it."""

from flask import Flask, Response, abort, jsonify, render_template
from jinja2 import Template
from markupsafe import escape

from landfall_app.greeting import greet, name_problem
from landfall_app.negotiation import wants_json
from landfall_app.settings import Settings


class Prepared:
    """A template of which one variable alone changes: all else is rendered once, which is most of the time."""

    # In no template and in no name.
    _MARK = "\0"

    def __init__(self, template: Template, variable: str) -> None:
        """Render `template` but for `variable`, a text that stands in it as it is."""
        self._pieces = template.render({variable: self._MARK}).split(self._MARK)

    def render(self, text: str) -> str:
        """Return the page with `text`, escaped."""
        return str(escape(text)).join(self._pieces)


def init_app(app: Flask, settings: Settings) -> None:
    """Give `app` its pages."""
    build = {"version": settings.version, "revision": settings.revision}
    greeting = Prepared(app.jinja_env.get_template("hello.html"), "user")

    @app.get("/")
    def home() -> Response | str:
        """Say what this is, and in which version."""
        if wants_json():
            return jsonify(service="flask-app", **build)
        return render_template("home.html", **build)

    @app.get("/hello/<user>")
    def hello(user: str) -> Response | str:
        """Greet one person."""
        problem = name_problem(user, settings.name_max_length)
        if problem:
            abort(400, description=problem)
        if wants_json():
            return jsonify(message=greet(user), user=user)
        return greeting.render(user)
