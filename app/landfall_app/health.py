"""What Kubernetes asks: is this process alive, and may it be sent requests?"""

from http import HTTPStatus

from flask import Flask, Response, jsonify

from landfall_app import draining


def init_app(app: Flask) -> None:
    """Give `app` what is asked."""
    app.add_url_rule("/healthz", view_func=healthz)
    app.add_url_rule("/readyz", view_func=readyz)


def healthz() -> Response:
    """Answer as long as the process can; when it cannot, the container is restarted."""
    return jsonify(status="ok")


def readyz() -> tuple[Response, HTTPStatus]:
    """Answer when requests can be served. Whatever they depend on (a database, say) is to be asked here."""
    if draining.begun():
        return jsonify(status="stopping"), HTTPStatus.SERVICE_UNAVAILABLE
    return jsonify(status="ready"), HTTPStatus.OK
