"""Makes the Flask application."""

import os

from flask import Flask
from markupsafe import Markup

from landfall_app import correlation, errors, health, pages, security
from landfall_app.metrics import Metrics
from landfall_app.settings import Settings, load

STYLE = "templates/style.css"


def create_app(settings: Settings | None = None) -> Flask:
    """Make the application with `settings`, by default those of the environment."""
    settings = settings or load(os.environ)
    app = Flask(__name__, static_folder=None)
    app.logger.setLevel(settings.log_level.upper())
    with app.open_resource(STYLE, "r", encoding="utf-8") as file:
        style = file.read()
    app.jinja_env.globals["style"] = Markup(style)  # noqa: S704 # the package's own file
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    pages.init_app(app, settings)
    health.init_app(app)
    errors.init_app(app)
    # What every request gets wraps Flask instead of hooking into it, which takes a third of the time.
    Metrics(settings.version, settings.revision).init_app(app)
    app.wsgi_app = security.hardened(app.wsgi_app, style)  # type: ignore[assignment, method-assign]
    app.wsgi_app = correlation.identified(app.wsgi_app)  # type: ignore[assignment, method-assign]
    return app
