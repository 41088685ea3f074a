"""What Kubernetes asks: is this process alive, and may it be sent requests?"""

from flask import Blueprint, Response, jsonify

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Answer as long as the process can; when it cannot, the container is restarted."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> Response:
    """Answer when requests can be served. Whatever they depend on (a database, say) is to be asked here."""
    return jsonify(status="ready")
