"""What several of the application's tests need."""

import pytest
from flask.testing import FlaskClient
from hypothesis import settings

from landfall_app.factory import create_app
from landfall_app.settings import Settings

# A busy machine is no finding.
settings.register_profile("landfall", deadline=None)
settings.load_profile("landfall")


@pytest.fixture
def client() -> FlaskClient:
    return create_app(Settings(version="1.2.3", revision="0a1b2c3")).test_client()
