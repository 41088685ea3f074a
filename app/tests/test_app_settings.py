"""Settings are read once, checked together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landfall_app.settings import Settings, SettingsError, load


def test_nothing_set_means_the_defaults() -> None:
    assert load({}) == Settings()
    assert load({"APP_PORT": " ", "APP_LOG_LEVEL": ""}) == Settings()


def test_every_setting_is_read() -> None:
    environ = {
        "APP_HOST": "::",
        "APP_PORT": "9000",
        "APP_WORKERS": "3",
        "APP_THREADS": "8",
        "APP_GRACEFUL_SECONDS": "10",
        "APP_SHUTDOWN_DELAY_SECONDS": "5",
        "APP_NAME_MAX_LENGTH": "20",
        "APP_LOG_LEVEL": "DEBUG",
        "APP_VERSION": "1.2.3",
        "APP_REVISION": "0a1b2c3",
    }
    assert load(environ) == Settings("::", 9000, 3, 8, 10, 5, 20, "debug", "1.2.3", "0a1b2c3")


def test_all_problems_are_told_together() -> None:
    with pytest.raises(SettingsError) as caught:
        load({"APP_PORT": "tcp://10.0.0.1:80", "APP_WORKERS": "0", "APP_LOG_LEVEL": "loud"})
    assert str(caught.value).splitlines() == [
        "APP_PORT is 'tcp://10.0.0.1:80': write a whole number from 1 to 65535, for example 8080.",
        "APP_WORKERS is '0': write a whole number from 1 to 64, for example 2.",
        "APP_LOG_LEVEL is 'loud': write one of debug, info, warning, error.",
    ]


def test_a_misspelt_setting_is_told_and_a_strangers_is_left_alone() -> None:
    with pytest.raises(SettingsError, match="APP_WORKER is no setting: write APP_WORKERS"):
        load({"APP_WORKER": "4"})
    assert load({"APP_SERVICE_HOST": "10.0.0.1", "APP_ENV": "x"}) == Settings()


@given(st.text())
def test_a_port_is_a_port_or_refused(text: str) -> None:
    try:
        port = load({"APP_PORT": text}).port
    except SettingsError:
        return
    assert 1 <= port <= 65535
