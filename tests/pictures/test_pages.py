"""The pages as a person sees them: readable on a phone and a desktop, in light and dark, and for those who listen."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest

pytest.importorskip("axe_selenium_python", reason="not run: axe-selenium-python is not installed")

from selenium.webdriver import Chrome

from tests.pictures import browser

pytestmark = [
    pytest.mark.skipif(not browser.CHROMIUM, reason="not run: chromium is not there (make system-packages)"),
    pytest.mark.skipif(not browser.DRIVER, reason="not run: chromedriver is not there (make system-packages)"),
    # One browser for all, in one of the processes of pytest-xdist.
    pytest.mark.xdist_group("chromium"),
]
LONG = "/hello/" + quote("W" * 64)
PATHS = ["/", "/hello/user1", "/hello/" + quote("مريم"), LONG, "/nothing"]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with browser.application() as address:
        yield address


@pytest.fixture(scope="module")
def driver(address: str) -> Iterator[Chrome]:
    # After the application and so ended before it, which would wait for the browser's idle connections.
    with browser.chromium() as driver:
        yield driver


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", browser.SCREENS)
def test_axe_has_no_complaint_and_nothing_is_too_wide(driver: Chrome, address: str, screen: str, scheme: str) -> None:
    for path in PATHS:
        browser.show(driver, address + path, screen, scheme)
        assert browser.complaints(driver) == [], path
        assert not browser.too_wide(driver), path


def test_the_browser_keeps_to_the_policy_and_shows_the_style(driver: Chrome, address: str) -> None:
    driver.get_log("browser")
    browser.show(driver, f"{address}/hello/user1", "desktop", "light")
    assert driver.get_log("browser") == [], "a part of the page that the policy forbids would be told here"
    assert driver.execute_script("return getComputedStyle(document.querySelector('main')).borderRadius") == "20px"
    driver.execute_script("document.head.appendChild(document.createElement('style')).textContent = 'p {color: red}'")
    assert "Content Security Policy" in str(driver.get_log("browser")), "and it is"


def test_axe_would_complain(driver: Chrome, address: str) -> None:
    browser.show(driver, address, "phone", "light")
    driver.execute_script("document.documentElement.removeAttribute('lang')")
    assert [line.partition(":")[0] for line in browser.complaints(driver)] == ["html-has-lang"]
