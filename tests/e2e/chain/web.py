"""Asks servers of this machine."""

import json
import urllib.error
import urllib.request

SECONDS = 30


def ask(url, body=None, **headers):
    """Return an answer's status and text; `body`, bytes or what JSON can hold, is posted. No proxy is asked."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"} | headers)  # noqa: S310 # loopback
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=SECONDS) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
