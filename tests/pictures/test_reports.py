"""The pages of status.yml and verify.yml in a browser: phone and desktop, light and dark, without script or network."""

from collections.abc import Iterator

import pytest

pytest.importorskip("axe_selenium_python", reason="not run: axe-selenium-python is not installed")

from selenium.webdriver import Chrome

from tests.pictures import browser, reports

pytestmark = [
    pytest.mark.skipif(not browser.CHROMIUM, reason="not run: chromium is not there (make system-packages)"),
    pytest.mark.skipif(not browser.DRIVER, reason="not run: chromedriver is not there (make system-packages)"),
    pytest.mark.xdist_group("chromium"),
]


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return reports.write(tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="module")
def driver() -> Iterator[Chrome]:
    with browser.chromium() as driver:
        yield driver


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", browser.SCREENS)
def test_axe_has_no_complaint_and_nothing_is_too_wide(
    driver: Chrome, urls: dict[str, str], screen: str, scheme: str
) -> None:
    for name, url in urls.items():
        driver.get_log("browser")
        browser.show(driver, url, screen, scheme)
        assert driver.get_log("browser") == [], f"{name}: a part that its policy forbids would be told here"
        assert browser.complaints(driver) == [], name
        assert not browser.too_wide(driver), name


def test_a_phone_shows_a_card_for_each_row_and_a_desktop_a_table(driver: Chrome, urls: dict[str, str]) -> None:
    shown = "return getComputedStyle(document.querySelector('tbody tr')).display"
    browser.show(driver, urls["status"], "phone", "light")
    assert driver.execute_script(shown) == "block"
    browser.show(driver, urls["status"], "desktop", "light")
    assert driver.execute_script(shown) == "table-row"


def test_the_policy_holds(driver: Chrome, urls: dict[str, str]) -> None:
    """A control: a style that is not ours, and a script, have no effect and are told."""
    browser.show(driver, urls["status"], "desktop", "light")
    driver.get_log("browser")
    driver.execute_script("document.head.appendChild(document.createElement('style')).textContent = 'p {color: red}'")
    driver.execute_script("document.head.appendChild(document.createElement('script')).textContent = 'window.x = 1'")
    told = str(driver.get_log("browser"))
    assert "Applying inline style violates" in told
    assert "Executing inline script violates" in told
    assert driver.execute_script("return window.x") is None


def test_axe_would_complain(driver: Chrome, urls: dict[str, str]) -> None:
    browser.show(driver, urls["verify"], "phone", "light")
    driver.execute_script("document.querySelector('.mark').style.color = 'rgb(200, 220, 210)'")
    assert "color-contrast" in [line.partition(":")[0] for line in browser.complaints(driver)]
