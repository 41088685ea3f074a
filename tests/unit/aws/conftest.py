"""An account for every test: one moto server for all of them, empty at the start of each."""

import http.client
import os

import pytest
from moto.server import ThreadedMotoServer

NOWHERE = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
FORGOTTEN = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE")


@pytest.fixture(scope="session")
def moto_server():
    """Yield the URL of the simulated AWS. It runs in this process, so it follows the MOTO_ variables of a test."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def account(moto_server, monkeypatch):
    """Lead every client of a test, and of the programs it starts, to an empty account in eu-central-1."""
    connection = http.client.HTTPConnection(moto_server.removeprefix("http://"), timeout=60)
    connection.request("POST", "/moto-api/reset")
    assert connection.getresponse().status == 200
    connection.close()
    for name in FORGOTTEN:
        monkeypatch.delenv(name, raising=False)
    for name in NOWHERE:
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_server)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "eu-central-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
