"""The application's pages in headless Chromium: looked at by axe, and photographed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from axe_selenium_python import Axe
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
# Width and height in CSS pixels, pixels of the picture for each, and whether it is a phone.
SCREENS = {"phone": (390, 780, 2, True), "desktop": (1280, 800, 1, False)}
FLAGS = [
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--font-render-hinting=none",
]
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}


@contextmanager
def application() -> Iterator[str]:
    """Run the application as the container does; yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    build = {"APP_VERSION": "1.0.0", "APP_REVISION": "0a1b2c3d4e5f"}
    environ = os.environ | build | {"APP_PORT": str(port), "APP_WORKERS": "1", "APP_LOG_LEVEL": "error"}
    command = [sys.executable, "-m", "gunicorn", "--access-logfile", os.devnull]
    process = subprocess.Popen(command, cwd=ROOT / "app", env=environ)
    try:
        wait_for(f"{address}/readyz")
        yield address
    finally:
        process.terminate()
        process.wait(40)


def wait_for(url: str) -> None:
    for _ in range(200):
        try:
            requests.get(url, timeout=5)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"{url} did not answer within twenty seconds.")


@contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    """Run Chromium with a profile of its own."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with tempfile.TemporaryDirectory() as profile:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        for flag in [*FLAGS, *sandbox, f"--user-data-dir={profile}"]:
            options.add_argument(flag)
        driver = webdriver.Chrome(options=options, service=Service(executable_path=str(DRIVER)))
        try:
            yield driver
        finally:
            driver.quit()


def show(driver: webdriver.Chrome, url: str, screen: str, scheme: str) -> None:
    """Open `url` on one of SCREENS, in the colour scheme light or dark."""
    width, height, scale, mobile = SCREENS[screen]
    metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    driver.get(url)


def complaints(driver: webdriver.Chrome) -> list[str]:
    """Return what axe has to say against the page that is shown, a line for each rule that it breaks."""
    axe = Axe(driver)
    axe.inject()
    found: dict[str, Any] = axe.run(options=RULES)
    assert found["passes"], "axe has looked at nothing"
    return [f"{rule['id']}: {rule['help']} ({rule['nodes'][0]['html']})" for rule in found["violations"]]


def too_wide(driver: webdriver.Chrome) -> bool:
    """Say whether the page has to be scrolled sideways."""
    return bool(driver.execute_script("return document.documentElement.scrollWidth > window.innerWidth"))
