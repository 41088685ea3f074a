"""Errors as a page or as problem details (RFC 9457), never as a trace."""

from flask import Flask, Response, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

from landfall_app.correlation import REQUEST_ID
from landfall_app.negotiation import wants_json


def init_app(app: Flask) -> None:
    """Answer every error of `app` here; Flask hands an unexpected exception over as a 500, after logging it."""
    app.register_error_handler(HTTPException, answer)


def answer(error: HTTPException) -> Response:
    """Turn `error` into a response that keeps its own headers, such as Allow."""
    status = error.code or 500
    title = HTTP_STATUS_CODES.get(status, "Error")
    detail = error.description or title
    # The id is what to ask the logs for.
    problem = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "request_id": request.environ[REQUEST_ID],
    }
    if wants_json():
        response = make_response(jsonify(problem), status)
        response.mimetype = "application/problem+json"
    else:
        response = make_response(render_template("error.html", **problem), status)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response
