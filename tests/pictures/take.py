"""`make pictures`: the screenshots of docs/images, made anew."""

from __future__ import annotations

import base64
import sys
import tempfile
from pathlib import Path

from selenium import webdriver

from tests.pictures import browser, reports

IMAGES = browser.ROOT / "docs" / "images"
PICTURES = {
    "hello-phone": ("/hello/user1", "phone", "light"),
    "hello-phone-dark": ("/hello/user1", "phone", "dark"),
    "hello-desktop": ("/hello/user1", "desktop", "light"),
    "home-desktop-dark": ("/", "desktop", "dark"),
    "error-phone": ("/nothing-here", "phone", "light"),
}
REPORTS = {
    "status-desktop": ("status", "desktop", "light"),
    "status-phone-dark": ("status-well", "phone", "dark"),
    "verify-desktop": ("verify", "desktop", "light"),
}


def main() -> int:
    """Take every picture; return 1 after a sentence where there is no browser."""
    if not (browser.CHROMIUM and browser.DRIVER):
        print("pictures: not run: chromium and chromedriver are not there (make system-packages)", file=sys.stderr)
        return 1
    IMAGES.mkdir(parents=True, exist_ok=True)
    with browser.application() as address, browser.chromium() as driver:
        # Or the picture of an error would be another one each time.
        driver.execute_cdp_cmd("Network.enable", {})
        driver.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": {"X-Request-ID": "b7ad6b71-6920-3331"}})
        for name, (path, screen, scheme) in PICTURES.items():
            browser.show(driver, address + path, screen, scheme)
            take(driver, name)
    with browser.chromium() as driver, tempfile.TemporaryDirectory() as folder:
        urls = reports.write(Path(folder))
        for name, (page, screen, scheme) in REPORTS.items():
            browser.show(driver, urls[page], screen, scheme)
            take(driver, name)
    return 0


def take(driver: webdriver.Chrome, name: str) -> None:
    """Photograph what is shown."""
    picture = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})["data"]
    (IMAGES / f"{name}.png").write_bytes(base64.b64decode(picture))
    print(f"docs/images/{name}.png")


if __name__ == "__main__":
    sys.exit(main())
