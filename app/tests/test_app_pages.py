"""Pages, JSON and errors, as a client sees them."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, run_wsgi_app

from landfall_app import draining
from landfall_app.factory import create_app
from landfall_app.pages import Prepared
from landfall_app.settings import Settings

JSON = {"Accept": "application/json"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize("headers", [{}, {"Accept": "*/*"}, BROWSER])
def test_browsers_and_whoever_takes_anything_get_a_page(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.get("/hello/user1", headers=headers)
    assert answer.status_code == HTTPStatus.OK
    assert answer.mimetype == "text/html"
    assert "Hello, <bdi>user1</bdi>!" in answer.text
    assert "Accept" in answer.vary


@pytest.mark.parametrize("host", ["not a host", "[::1", ""])
def test_a_host_header_that_is_none_is_a_page_too(client: FlaskClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code < HTTPStatus.INTERNAL_SERVER_ERROR


def test_json_when_asked(client: FlaskClient) -> None:
    answer = client.get("/hello/user1", headers=JSON)
    assert answer.mimetype == "application/json"
    assert answer.json == {"message": "Hello, user1!", "user": "user1"}


def test_home_says_what_runs(client: FlaskClient) -> None:
    assert client.get("/", headers=JSON).json == {"service": "flask-app", "version": "1.2.3", "revision": "0a1b2c3"}
    page = client.get("/", headers=BROWSER).text
    assert "Version 1.2.3, revision 0a1b2c3" in page
    assert 'href="/hello/user1"' in page


def test_names_are_escaped(client: FlaskClient) -> None:
    page = client.get("/hello/" + quote('<script>alert("x")&', safe=""), headers=BROWSER).text
    assert "<script" not in page
    assert "&lt;script&gt;alert(&#34;x&#34;)&amp;" in page


@pytest.mark.parametrize("name", ["Лев", "李雷", "مريم", "José", "नेहा", "👩‍🚀"])
def test_names_in_any_script(client: FlaskClient, name: str) -> None:
    answer = client.get("/hello/" + quote(name), headers=JSON)
    assert answer.json is not None
    assert answer.json["user"] == name
    assert f"<bdi>{name}</bdi>" in client.get("/hello/" + quote(name)).text


@given(st.text())
def test_a_prepared_template_renders_as_the_template_does(name: str) -> None:
    template = APP.jinja_env.get_template("hello.html")
    assert Prepared(template, "user").render(name) == template.render(user=name)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("x" * 65, "The name has 65 characters: write at most 64."),
        ("%20%20", "The name is empty: write at least one letter."),
        ("a%0Ab", "The name has a control character in it: leave it out."),
        ("%FF", "The name is not UTF-8: percent-encode its UTF-8 bytes."),
    ],
)
def test_names_that_cannot_be_greeted(client: FlaskClient, path: str, sentence: str) -> None:
    answer = client.get(f"/hello/{path}", headers=JSON)
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert answer.mimetype == "application/problem+json"
    assert answer.json == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": sentence,
        "request_id": answer.headers["X-Request-ID"],
    }
    assert sentence in client.get(f"/hello/{path}").text


def test_the_longest_name_is_greeted(client: FlaskClient) -> None:
    assert client.get("/hello/" + "x" * 64).status_code == HTTPStatus.OK


@pytest.mark.parametrize("path", ["/nothing", "/hello", "/hello/", "/hello/a/b"])
def test_what_is_not_there(client: FlaskClient, path: str) -> None:
    problem = client.get(path, headers=JSON).json
    assert problem is not None
    assert (problem["status"], problem["title"]) == (404, "Not Found")
    page = client.get(path)
    assert page.status_code == HTTPStatus.NOT_FOUND
    assert "<h1>Not Found</h1>" in page.text


def test_a_wrong_method_is_told_the_right_ones(client: FlaskClient) -> None:
    answer = client.post("/")
    assert answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("headers", [JSON, BROWSER])
def test_a_bug_shows_no_trace(headers: dict[str, str]) -> None:
    app = create_app(Settings())
    app.add_url_rule("/bug", view_func=fail)
    answer = app.test_client().get("/bug", headers=headers)
    assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert "Traceback" not in answer.text
    assert "the secret of the bug" not in answer.text


def fail() -> str:
    raise RuntimeError("the secret of the bug")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == HTTPStatus.OK


def test_not_ready_once_the_shutdown_has_begun(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "_begun", bytearray(1))
    draining.begin()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (HTTPStatus.SERVICE_UNAVAILABLE, {"status": "stopping"})
    assert client.get("/healthz").status_code == client.get("/hello/user1").status_code == HTTPStatus.OK


APP = create_app(Settings())
HEADER_NAMES = st.sampled_from([
    "Accept", "Host", "X-Forwarded-For", "Content-Type", "Content-Length", "Cookie", "X-Request-ID", "Traceparent",
])  # fmt: skip
LATIN1 = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=80)
PATHS = st.one_of(
    st.binary(max_size=120).map(lambda raw: b"/" + raw),
    st.binary(max_size=120).map(lambda raw: b"/hello/" + raw),
    st.text(max_size=100).map(lambda name: b"/hello/" + name.encode("utf-8", "replace")),
    st.sampled_from([b"/", b"/healthz", b"/readyz", b"/metrics", b"/static/x"]),
)
METHODS = st.one_of(st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "TRACE"]), st.from_regex(r"\A[!-~]{1,12}\Z"))


@given(path=PATHS, method=METHODS, headers=st.dictionaries(HEADER_NAMES, LATIN1), query=LATIN1)
def test_no_request_is_answered_with_a_server_error(
    path: bytes, method: str, headers: dict[str, str], query: str
) -> None:
    status = status_of(APP, path, method, headers, query)
    assert HTTPStatus.OK <= status < HTTPStatus.INTERNAL_SERVER_ERROR


@given(path=st.binary(max_size=60), method=METHODS, name=st.from_regex(r"\A[A-Za-z][A-Za-z-]{0,30}\Z"), value=LATIN1)
def test_nor_is_one_with_any_other_header(path: bytes, method: str, name: str, value: str) -> None:
    assert status_of(APP, b"/" + path, method, {name: value}, "") < HTTPStatus.INTERNAL_SERVER_ERROR


def status_of(app: Flask, path: bytes, method: str, headers: dict[str, str], query: str) -> int:
    """Send what a WSGI server hands on: bytes of any kind, in the environ's latin-1."""
    environ: dict[str, Any] = EnvironBuilder(method=method).get_environ()
    environ |= {"PATH_INFO": path.decode("latin-1"), "QUERY_STRING": query}
    for name, value in headers.items():
        prefix = "" if name.startswith("Content-") else "HTTP_"
        environ[prefix + name.upper().replace("-", "_")] = value
    _, status, _ = run_wsgi_app(app.wsgi_app, environ, buffered=True)
    return int(status.split()[0])
