"""Makes the Flask application."""

import os

from flask import Flask

from landfall_app import errors, health, pages
from landfall_app.metrics import Metrics
from landfall_app.settings import Settings, load


def create_app(settings: Settings | None = None) -> Flask:
    """Make the application with `settings`, by default those of the environment."""
    settings = settings or load(os.environ)
    app = Flask(__name__)
    app.config["NAME_MAX_LENGTH"] = settings.name_max_length
    app.config["BUILD"] = {"version": settings.version, "revision": settings.revision}
    app.logger.setLevel(settings.log_level.upper())
    Metrics(settings.version, settings.revision).init_app(app)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(health.blueprint)
    errors.init_app(app)
    return app
