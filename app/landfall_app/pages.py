"""What people see: a page for browsers, JSON for clients that ask for it."""

from flask import Blueprint, Response, abort, current_app, jsonify, make_response, render_template

from landfall_app.greeting import greet, name_problem
from landfall_app.negotiation import wants_json

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def home() -> Response:
    """Say what this is, and in which version."""
    build = current_app.config["BUILD"]
    if wants_json():
        return jsonify(service="flask-app", **build)
    return make_response(render_template("home.html", **build))


@blueprint.get("/hello/<user>")
def hello(user: str) -> Response:
    """Greet one person."""
    problem = name_problem(user, current_app.config["NAME_MAX_LENGTH"])
    if problem:
        abort(400, description=problem)
    if wants_json():
        return jsonify(message=greet(user), user=user)
    return make_response(render_template("hello.html", user=user))


@blueprint.after_request
def vary(response: Response) -> Response:
    """Tell caches that the answer depends on what the client accepts."""
    response.vary.add("Accept")
    return response
