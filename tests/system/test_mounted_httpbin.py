"""httpbin, mounted: the calls of the requests library's own tests are answered as they expect."""

from __future__ import annotations

import gc
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from requests.auth import HTTPDigestAuth

from harness.server import Server
from harness.waiting import LONG_S

PREFIX = "/python/bin"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

Call = Callable[..., requests.Response]


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def call(httpbin: Server, session: requests.Session) -> Call:
    """``call("GET", "/get", ...)`` as ``session.request`` does it."""
    base = f"http://127.0.0.1:{httpbin.port}{PREFIX}"

    def call(method: str, path: str, **options: Any) -> requests.Response:
        return session.request(method, base + path, timeout=LONG_S, **options)

    return call


def chunks() -> Iterator[bytes]:
    yield b"one "
    yield "größe".encode()


# (method, path, what requests is given, what the answer's JSON holds at least)
ECHOED: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("GET", "/get", {}, {"args": {}}),
    ("GET", "/get?test=foo", {"params": {"more": ["1", "2"]}}, {"args": {"test": "foo", "more": ["1", "2"]}}),
    ("GET", "/get", {"params": {"foo": "føø"}}, {"args": {"foo": "føø"}}),
    ("GET", "/get?a=%20+b", {}, {"args": {"a": "  b"}}),
    ("GET", "/anything/ø/x%3Fy", {}, {"method": "GET"}),
    ("POST", "/post", {}, {"data": "", "form": {}}),
    ("POST", "/post", {"data": {"some": "data"}}, {"form": {"some": "data"}, "data": ""}),
    ("POST", "/post", {"data": {"a": ["b", "c"], "d": "ëlïxr"}}, {"form": {"a": ["b", "c"], "d": "ëlïxr"}}),
    ("POST", "/post", {"data": "a=1&b=", "headers": FORM}, {"form": {"a": "1", "b": ""}}),
    ("POST", "/post", {"data": "ëlïxr".encode()}, {"data": "ëlïxr"}),
    ("POST", "/post", {"data": b""}, {"data": "", "json": None}),
    ("POST", "/post", {"json": {"life": 42, "é": None}}, {"json": {"life": 42, "é": None}}),
    ("POST", "/post", {"json": []}, {"json": []}),
    ("POST", "/post", {"data": b"\xff\xfe"}, {"data": "data:application/octet-stream;base64,//4="}),
    ("POST", "/post", {"data": io.BytesIO(b"a stream")}, {"data": "a stream"}),
    ("POST", "/post", {"data": chunks}, {"data": "one größe"}),
    ("POST", "/post?q=1", {"files": {"f": ("n.txt", b"text")}}, {"files": {"f": "text"}, "args": {"q": "1"}}),
    (
        "POST",
        "/post",
        {"files": {"f": ("größe", b"x")}, "data": {"d": "1"}},
        {"files": {"f": "x"}, "form": {"d": "1"}},
    ),
    ("POST", "/post", {"files": [("f", ("a", b"1")), ("g", ("b", b"2"))]}, {"files": {"f": "1", "g": "2"}}),
    ("PUT", "/put", {"data": "x" * 300_000}, {"data": "x" * 300_000}),
    ("PATCH", "/patch", {"json": {"a": 1}}, {"json": {"a": 1}}),
    ("DELETE", "/delete", {"data": {"a": "1"}}, {"form": {"a": "1"}}),
    ("PUT", "/anything/here", {"data": "x"}, {"method": "PUT", "data": "x"}),
    ("GET", "/user-agent", {"headers": {"User-Agent": "mine/1"}}, {"user-agent": "mine/1"}),
    ("GET", "/ip", {}, {"origin": "127.0.0.1"}),
    ("GET", "/bearer", {"headers": {"Authorization": "Bearer t"}}, {"token": "t", "authenticated": True}),
    ("GET", "/basic-auth/user/pass", {"auth": ("user", "pass")}, {"user": "user", "authenticated": True}),
    ("GET", "/hidden-basic-auth/user/pass", {"auth": ("user", "pass")}, {"authenticated": True}),
    ("GET", "/cookies", {"cookies": {"a": "1", "b": "x-y"}}, {"cookies": {"a": "1", "b": "x-y"}}),
    ("GET", "/gzip", {}, {"gzipped": True}),
    ("GET", "/deflate", {}, {"deflated": True}),
    ("GET", "/brotli", {}, {"brotli": True}),
    ("GET", "/redirect/3", {}, {"args": {}}),
    ("GET", "/relative-redirect/2", {}, {"args": {}}),
    ("GET", "/absolute-redirect/2", {}, {"args": {}}),
    ("GET", "/redirect-to?url=get%3Fx%3D%C3%A9&status_code=303", {}, {"args": {"x": "é"}}),
    ("POST", "/redirect-to?url=post&status_code=307", {"data": "kept"}, {"data": "kept"}),
    ("POST", "/redirect-to?url=post&status_code=308", {"data": io.BytesIO(b"again")}, {"data": "again"}),
    ("POST", "/redirect-to?url=get&status_code=302", {"data": "lost"}, {"args": {}}),
    ("POST", "/redirect-to?url=get&status_code=301", {"data": "lost"}, {"args": {}}),
    ("POST", "/redirect-to?url=get&status_code=303", {"data": "lost"}, {"args": {}}),
    ("GET", "/response-headers?X-A=1&X-A=2", {}, {"X-A": ["1", "2"]}),
    ("GET", "/delay/0", {}, {"args": {}}),
]


@pytest.mark.parametrize(
    ("method", "path", "options", "expected"), ECHOED, ids=[f"{row[0]}-{n}" for n, row in enumerate(ECHOED)]
)
def test_what_a_client_sends_comes_back(
    call: Call, method: str, path: str, options: dict[str, Any], expected: dict[str, Any]
) -> None:
    given = {name: value() if value is chunks else value for name, value in options.items()}
    answer = call(method, path, **given)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert {name: found[name] for name in expected} == expected


# (method, path, what requests is given, status, fields that the answer has)
REFUSED: list[tuple[str, str, dict[str, Any], int, dict[str, str]]] = [
    ("GET", "/status/404", {}, 404, {}),
    ("POST", "/status/500", {}, 500, {}),
    ("PUT", "/status/418", {}, 418, {"x-more-info": "http://tools.ietf.org/html/rfc2324"}),
    ("GET", "/status/204", {}, 204, {}),
    ("GET", "/nowhere", {}, 404, {}),
    ("POST", "/get", {}, 405, {"content-type": "text/html; charset=utf-8"}),
    ("HEAD", "/redirect/1", {"allow_redirects": False}, 302, {"location": f"{PREFIX}/get"}),
    ("GET", "/status/307", {"allow_redirects": False}, 307, {"location": "/redirect/1"}),
    ("GET", "/basic-auth/user/pass", {}, 401, {"www-authenticate": 'Basic realm="Fake Realm"'}),
    ("GET", "/basic-auth/user/pass", {"auth": ("user", "wrong")}, 401, {}),
    ("GET", "/hidden-basic-auth/user/pass", {"auth": ("user", "wrong")}, 404, {}),
    ("GET", "/bearer", {}, 401, {"www-authenticate": "Bearer"}),
    ("GET", "/etag/mark", {"headers": {"If-None-Match": '"mark"'}}, 304, {"etag": "mark"}),
    ("GET", "/cache", {"headers": {"If-Modified-Since": "x"}}, 304, {}),
    ("GET", "/range/100", {"headers": {"Range": "bytes=10-19"}}, 206, {"content-range": "bytes 10-19/100"}),
]


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "fields"), REFUSED, ids=[f"{row[0]}-{row[1]}" for row in REFUSED]
)
def test_statuses_and_fields_are_httpbins_own(
    call: Call, method: str, path: str, options: dict[str, Any], status: int, fields: dict[str, str]
) -> None:
    answer = call(method, path, **options)
    assert answer.status_code == status
    assert {name: answer.headers[name] for name in fields} == fields


# (path, Content-Type, part of the body)
BODIES = [
    ("/html", "text/html; charset=utf-8", b"Herman Melville"),
    ("/xml", "application/xml", b"<slideshow"),
    ("/json", "application/json", b"slideshow"),
    ("/robots.txt", "text/plain", b"Disallow: /deny"),
    ("/encoding/utf8", "text/html; charset=utf-8", "∮ E⋅da = Q".encode()),
    ("/image/png", "image/png", b"\x89PNG"),
    ("/links/3/1", "text/html; charset=utf-8", f"{PREFIX}/links/3/0".encode()),
]


@pytest.mark.parametrize(("path", "kind", "part"), BODIES, ids=[row[0] for row in BODIES])
def test_bodies_of_every_kind(call: Call, path: str, kind: str, part: bytes) -> None:
    answer = call("GET", path)
    assert answer.headers["content-type"] == kind
    assert part in answer.content
    head = call("HEAD", path)
    assert (head.status_code, head.content) == (200, b"")


def test_the_history_of_redirects(call: Call, httpbin: Server) -> None:
    answer = call("POST", "/redirect-to?url=get&status_code=303", data="x")
    assert [one.status_code for one in answer.history] == [303]
    assert answer.history[0].is_redirect
    assert answer.request.method == "GET"
    assert answer.url == f"http://127.0.0.1:{httpbin.port}{PREFIX}/get"
    assert [one.status_code for one in call("GET", "/redirect/5").history] == [302] * 5
    with pytest.raises(requests.TooManyRedirects):
        call("GET", "/redirect/31")


def test_cookies_are_set_kept_and_deleted(call: Call, session: requests.Session) -> None:
    assert call("GET", "/cookies/set?foo=bar").json() == {"cookies": {"foo": "bar"}}
    assert call("GET", "/cookies/set?other=%22quoted%22").json()["cookies"]["foo"] == "bar"
    assert call("GET", "/cookies", cookies={"mine": "1"}).json()["cookies"]["mine"] == "1"
    assert "mine" not in call("GET", "/cookies").json()["cookies"]
    assert "foo" not in call("GET", "/cookies/delete?foo").json()["cookies"]
    assert "foo" not in session.cookies


@pytest.mark.parametrize("quality", ["auth", "auth-int"])
@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "SHA-512"])
def test_digest_logins(call: Call, quality: str, algorithm: str) -> None:
    path = f"/digest-auth/{quality}/user/pass/{algorithm}/never"
    if quality == "auth":  # requests cannot do the other
        assert call("GET", path, auth=HTTPDigestAuth("user", "pass")).json()["authenticated"]
    refused = call("GET", path, auth=HTTPDigestAuth("user", "wrong"))
    assert (refused.status_code, call("GET", path).status_code) == (401, 401)
    assert refused.headers["www-authenticate"].startswith("Digest realm=")


def test_answers_in_pieces(call: Call) -> None:
    with call("GET", "/stream/4", stream=True) as answer:
        lines = list(answer.iter_lines())
    assert [b'"id": 3' in line for line in lines] == [False, False, False, True]
    with call("GET", "/stream-bytes/50000?chunk_size=1000&seed=1", stream=True) as answer:
        assert sum(map(len, answer.iter_content(777))) == 50_000
    assert len(call("GET", "/bytes/40000").content) == 40_000
    assert call("GET", "/drip?numbytes=5&duration=0").content == b"*****"


def test_a_client_with_little_patience(call: Call, httpbin: Server, session: requests.Session) -> None:
    with pytest.raises(requests.ReadTimeout):
        session.get(f"http://127.0.0.1:{httpbin.port}{PREFIX}/delay/1", timeout=(LONG_S, 0.1))
    gc.collect()  # the exception's frames hold the socket
    assert call("GET", "/get").status_code == 200


def test_header_fields_arrive_as_they_were_sent(call: Call) -> None:
    sent = {"X-Text": "a, b", "X-Empty": "", "X-Bytes": "é".encode(), "Accept": "x/y;q=0.1"}
    found = call("GET", "/headers", headers=sent).json()["headers"]
    assert {name: found[name] for name in ("X-Text", "X-Empty", "Accept")} == {
        "X-Text": "a, b",
        "X-Empty": "",
        "Accept": "x/y;q=0.1",
    }
    assert found["X-Bytes"].encode("latin-1") == "é".encode()
