"""What a handler's result means."""

from __future__ import annotations

import dataclasses
import http
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from typhon import Request, Response, abort
from typhon._runtime import convert_exception, convert_result, json_dumps
from typhon.results import Answer

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"


def answered(result: Any, request: Request, debug: bool = False) -> Answer:
    """As pyworker/converter.cpp answers."""
    try:
        return convert_result(result, request)
    except Exception as error:
        return convert_exception(error, request, debug)


@dataclasses.dataclass
class Item:
    name: str


class Pair(NamedTuple):
    a: int
    b: int


@pytest.mark.parametrize(
    ("result", "status", "content_type", "body"),
    [
        ({"a": 1}, 200, JSON, b'{"a":1}'),
        ([1, 2], 200, JSON, b"[1,2]"),
        (Item("x"), 200, JSON, b'{"name":"x"}'),
        (Pair(1, 404), 200, JSON, b"[1,404]"),
        (7, 200, JSON, b"7"),
        (True, 200, JSON, b"true"),
        (float("nan"), 200, JSON, b"null"),
        ("é", 200, TEXT, "é".encode()),
        ("", 200, TEXT, b""),
        (b"\x00", 200, BYTES, b"\x00"),
        (bytearray(b"x"), 200, BYTES, b"x"),
        (memoryview(b"x"), 200, BYTES, b"x"),
        (None, 204, None, b""),
        (({"a": 1}, 201), 201, JSON, b'{"a":1}'),
        (("made", http.HTTPStatus.CREATED), 201, TEXT, b"made"),
        ((None, 404), 404, None, b""),
        (Response({"a": 1}, 202), 202, JSON, b'{"a":1}'),
        (Response(), 200, None, b""),
        (Response("<p>", content_type="text/html"), 200, "text/html", b"<p>"),
        (Response("<p>", headers={"content-type": "text/html"}), 200, "text/html", b"<p>"),
    ],
)
def test_a_result_becomes_an_answer(
    request_: Request, result: Any, status: int, content_type: str | None, body: bytes
) -> None:
    assert convert_result(result, request_) == (status, content_type, [], body)


def test_a_tuple_may_have_headers(request_: Request) -> None:
    status, content_type, headers, body = convert_result(
        ("x", 201, {"X-A": "1", "Content-Type": "text/css"}), request_
    )
    assert (status, content_type, headers, body) == (201, "text/css", [(b"X-A", b"1")], b"x")


def test_a_header_may_come_twice(request_: Request) -> None:
    pairs = [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
    assert convert_result(Response("x", headers=pairs), request_)[2] == [
        (b"Set-Cookie", b"a=1"),
        (b"Set-Cookie", b"b=2"),
    ]


def _raises_at_once() -> Iterator[str]:
    yield str(1 // 0)


@pytest.mark.parametrize(
    ("result", "logged"),
    [
        ({"a": {1}}, "a value of the type set cannot become JSON"),
        (object(), "a value of the type object cannot become JSON"),
        (("x", 99), "a status is a whole number from 200 to 599, not 99"),
        (("x", "200"), "not '200'"),
        (("x",), "a tuple is (body, status)"),
        ((Response("x"), 200), "return it alone"),
        (("x", 200, {"X": 1}), "a header's name and value are str, not str and int"),
        (("x", 200, {"X Y": "1"}), "'X Y' is not the name of a header"),
        (("x", 200, {"X": "1\r\nY: 2"}), "holds a line break"),
        (("x", 200, {"X": "€"}), "outside Latin-1"),
        (("x", 200, ["X: 1"]), "headers are a dict"),
        (Response("x", content_type="a\nb"), "holds a line break"),
        ("\ud800", "cannot become UTF-8"),
        (iter([1]), "yields str or bytes, not int"),
        (_raises_at_once(), "ZeroDivisionError: "),
    ],
)
def test_a_result_that_means_nothing_is_a_500_with_one_log_entry(
    request_: Request, capsys: pytest.CaptureFixture[str], result: Any, logged: str
) -> None:
    status, content_type, _, body = answered(result, request_)
    assert (status, content_type) == (500, JSON)
    assert body == b'{"error":"internal error","request_id":"00000000000000aa"}'
    log = capsys.readouterr().err
    assert logged in log
    assert log.count("[error] request 00000000000000aa GET /python/thing:") == 1


def test_a_generator_may_abort_before_its_first_piece(
    request_: Request, capsys: pytest.CaptureFixture[str]
) -> None:
    def pieces() -> Iterator[str]:
        yield abort(409, "changed meanwhile")

    assert answered(pieces(), request_)[0] == 409
    assert capsys.readouterr().err == ""


def test_debug_shows_why_a_generator_failed_before_its_first_piece(request_: Request) -> None:
    assert b"ZeroDivisionError" in answered(_raises_at_once(), request_, debug=True).body
    assert b"the type set cannot become JSON" in answered({"a": {1}}, request_, debug=True).body


def test_the_fast_way_gives_the_same_json(request_: Request) -> None:
    value = {"a": [1, None, "é", 2.5]}
    assert json_dumps(value) == convert_result(value, request_)[3]
