"""What the head of an answer says, and that no handler can make two answers of one."""

from __future__ import annotations

import re

import pytest

from harness.raw import Connection, exchange
from harness.server import Server

SPLITTING = [
    "value",
    "name",
    "lf",
    "nul",
    "redirect",
    "cookie",
    "type",
    "unicode",
    "status",
    "status-text",
    "status-large",
]


def get(path: str, fields: str = "", method: str = "GET", version: str = "HTTP/1.1") -> str:
    return f"{method} {path} {version}\r\nHost: x\r\n{fields}\r\n"


@pytest.mark.parametrize("kind", SPLITTING)
def test_an_answer_that_could_be_split_is_a_500_and_one_log_line(mirror: Server, kind: str) -> None:
    """Line breaks in header names, values, redirect targets, cookies, types, and statuses that are none."""
    mirror.log.allow(r"ResultError|a status is|is not the name of a header|the value of the header")
    before = mirror.log.text()
    with Connection(mirror.port) as connection:
        connection.send(get(f"/python/answers/{kind}"))
        answer = connection.answer()
        assert answer.status == 500
        assert "x-split" not in answer.headers
        assert set(answer.json) == {"error", "request_id"}
        connection.send(get("/native/hello"))  # the next answer is that of the next request
        assert "Hello" in connection.answer().json["message"]
    lines = mirror.log.text()[len(before) :].splitlines()
    assert len([line for line in lines if answer.json["request_id"] in line]) == 1, lines


def test_framing_fields_of_a_handler_are_not_sent(mirror: Server) -> None:
    """Content-Length and Transfer-Encoding are the front's."""
    with Connection(mirror.port) as connection:
        connection.send(get("/python/answers/length"))
        answer = connection.answer()
        assert answer.headers["content-length"] == "1"
        assert "transfer-encoding" not in answer.headers
        connection.send(get("/native/hello"))
        assert connection.answer().status == 200


@pytest.mark.parametrize(
    ("kind", "status", "length"),
    [("reset-content", 205, "0"), ("not-modified", 304, None), ("no-content", 204, None)],
)
def test_a_status_without_body_has_none(mirror: Server, kind: str, status: int, length: str | None) -> None:
    """Whatever the handler returned with it (RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5)."""
    with Connection(mirror.port) as connection:
        connection.send(get(f"/python/answers/{kind}") + get("/native/hello"))
        answer = connection.answer()
        assert (answer.status, answer.body, answer.headers.get("content-length")) == (status, b"", length)
        assert "transfer-encoding" not in answer.headers
        assert connection.answer().status == 200


@pytest.mark.parametrize(
    "path", ["/native/hello", "/python/executed", "/-/healthy", "/nowhere", "/python/nowhere"]
)
def test_head_is_the_head_of_get(mirror: Server, path: str) -> None:
    """The same status and fields, the length of the body, and no body."""
    with Connection(mirror.port) as connection:
        connection.send(get(path) + get(path, method="HEAD") + get(path))
        first, head, again = connection.answer(), connection.answer("HEAD"), connection.answer()
        changing = {"date"}
        assert head.status == first.status == again.status
        assert {k: v for k, v in head.headers.items() if k not in changing} == {
            k: v for k, v in first.headers.items() if k not in changing
        }
        assert int(head.headers["content-length"]) == len(first.body)


@pytest.mark.parametrize("path", ["/native/hello", "/python/executed", "/-/healthy", "/nowhere"])
def test_every_answer_has_a_date_and_no_server(mirror: Server, path: str) -> None:
    answer = exchange(mirror.port, get(path))
    assert re.fullmatch(
        r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", answer.headers["date"]
    )
    assert not {"server", "x-powered-by", "via"} & set(answer.headers)


@pytest.mark.parametrize("path", ["/native/hello", "/python/executed"])
@pytest.mark.parametrize(
    ("version", "fields", "said"),
    [
        ("HTTP/1.1", "", None),
        ("HTTP/1.1", "Connection: close\r\n", "close"),
        ("HTTP/1.0", "", "close"),
        ("HTTP/1.0", "Connection: keep-alive\r\n", "keep-alive"),
    ],
)
def test_an_answer_says_whether_the_connection_goes_on(
    mirror: Server, path: str, version: str, fields: str, said: str | None
) -> None:
    with Connection(mirror.port) as connection:
        connection.send(get(path, fields, version=version))
        assert connection.answer().headers.get("connection") == said
        if said == "close":
            assert connection.is_closed()
        else:
            connection.send(get(path))
            assert connection.answer().status == 200


@pytest.mark.parametrize("path", ["/native/echo", "/python/mirror/x"])
@pytest.mark.parametrize("framing", ["Content-Length: 2\r\n", "Transfer-Encoding: chunked\r\n"])
def test_100_comes_before_the_body_and_only_when_the_body_is_wanted(
    mirror: Server, path: str, framing: str
) -> None:
    """The client waits for it: RFC 9110 section 10.1.1."""
    fields = f"Content-Type: application/json\r\nExpect: 100-continue\r\n{framing}"
    body = "[]" if "Length" in framing else "2\r\n[]\r\n0\r\n\r\n"
    with Connection(mirror.port) as connection:
        connection.send(get(path, fields, method="POST"))
        interim = connection.answer()
        assert (interim.status, interim.headers) == (100, {})
        connection.send(body)
        assert connection.answer().status == 200


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/nowhere", "Content-Length: 2\r\n", 404),
        ("/native/hello", "Content-Length: 2\r\n", 405),
        ("/python/mirror/x", "Content-Length: 1000000\r\n", 413),
        ("/python/mirror/x", "Content-Length: 2\r\nContent-Encoding: gzip\r\n", 415),
        ("/python/mirror/x", "Content-Length: 2\r\nExpect: more\r\n", 417),
    ],
)
def test_a_refusal_comes_instead_of_100(mirror: Server, path: str, fields: str, status: int) -> None:
    """At once, without the body; and the connection ends, for the client may send it or not."""
    with Connection(mirror.port) as connection:
        connection.send(get(path, f"Expect: 100-continue\r\n{fields}", method="POST"))
        answer = connection.answer()
        assert (answer.status, answer.headers["connection"]) == (status, "close")
        assert connection.is_closed()


def test_a_refused_content_coding_names_what_is_accepted(mirror: Server) -> None:
    """RFC 9110 section 12.5.3."""
    answer = mirror.client.post("/python/mirror/x", content=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "identity")
