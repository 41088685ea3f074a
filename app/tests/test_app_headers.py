"""What every answer carries: security headers and the request's id."""

import base64
import hashlib
import re

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from landfall_app.correlation import request_id, trace_id

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


@pytest.mark.parametrize("path", ["/", "/hello/user1", "/nothing", "/healthz", "/metrics"])
def test_security_headers_are_on_every_answer(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Vary"] == "Accept"
    assert len(headers) == len({name.lower() for name, _ in headers}), "none is there twice"


@pytest.mark.parametrize("path", ["/", "/hello/user1", "/nothing"])
def test_the_policy_allows_the_pages_style_and_the_page_needs_no_more(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<script|\sstyle=|\son[a-z]+=|(?:src|href)=.(?:https?:)?//|@import|url\(", answer.text)


def test_a_request_id_is_taken_or_made_and_returned(client: FlaskClient) -> None:
    assert client.get("/", headers={"X-Request-ID": "abc-1.2_3"}).headers["X-Request-ID"] == "abc-1.2_3"
    made = [client.get("/").headers["X-Request-ID"] for _ in range(2)]
    assert len(set(made)) == 2
    assert all(re.fullmatch(r"[0-9a-f]{32}", each) for each in made)


@given(st.text(max_size=200))
def test_only_a_well_formed_request_id_is_taken(given: str) -> None:
    taken = request_id(given)
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", taken)
    assert taken == given or re.fullmatch(r"[0-9a-f]{32}", taken)


@pytest.mark.parametrize(
    ("traceparent", "seen"),
    [
        (f"00-{TRACE}-{PARENT}-01", TRACE),
        (f"cc-{TRACE}-{PARENT}-01-what-the-future-holds", TRACE),
        (None, None),
        ("", None),
        (f"ff-{TRACE}-{PARENT}-01", None),
        (f"00-{'0' * 32}-{PARENT}-01", None),
        (f"00-{TRACE}-{'0' * 16}-01", None),
        (f"00-{TRACE}-{PARENT}-01-more", None),
        (f"00-{TRACE.upper()}-{PARENT}-01", None),
    ],
)
def test_the_trace_is_that_of_the_traceparent(traceparent: str | None, seen: str | None) -> None:
    assert trace_id(traceparent) == seen


@given(st.text(max_size=80))
def test_no_traceparent_is_too_strange(text: str) -> None:
    assert trace_id(text) is None or re.fullmatch(r"[0-9a-f]{32}", str(trace_id(text)))
