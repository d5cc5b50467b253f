"""Bodies in pieces, and server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from typhon import Event, EventStream, Response
from typhon._pieces import MAX_PIECE, AsyncPieces, Pieces
from typhon.errors import ResultError
from typhon.results import answer_of, begun


def whole(body: Any) -> bytes:
    assert isinstance(body, Pieces)
    return body.first + b"".join(body)


async def async_whole(body: Any) -> bytes:
    assert isinstance(body, AsyncPieces)
    return body.first + b"".join([piece async for piece in body])


def test_only_the_first_piece_is_made_before_the_head() -> None:
    made = []

    def pieces() -> Iterator[str]:
        for number in range(3):
            made.append(number)
            yield str(number)

    answer = answer_of(pieces())
    assert made == [0]
    assert (answer.status, answer.content_type) == (200, "text/plain; charset=utf-8")
    assert whole(answer.body) == b"012"


def test_an_iterator_of_bytes_is_an_octet_stream() -> None:
    assert answer_of(iter([b"a", bytearray(b"b")])).content_type == "application/octet-stream"


def test_an_empty_generator_is_an_empty_body() -> None:
    assert whole(answer_of(iter([])).body) == b""


def test_long_pieces_are_cut_and_empty_ones_left_out() -> None:
    body = answer_of(iter([b"a" * (MAX_PIECE + 1), b"", b"b" * (2 * MAX_PIECE)])).body
    assert isinstance(body, Pieces)
    assert [len(body.first), *map(len, body)] == [MAX_PIECE, 1, MAX_PIECE, MAX_PIECE]


def test_a_piece_that_is_neither_text_nor_bytes_is_named() -> None:
    body = answer_of(iter(["a", 5])).body
    assert isinstance(body, Pieces)
    with pytest.raises(ResultError, match="yields str or bytes, not int"):
        list(body)


def test_closing_runs_the_finally_of_the_generator() -> None:
    ended = []

    def pieces() -> Iterator[str]:
        try:
            yield "a"
            yield "b"
        finally:
            ended.append(True)

    body = answer_of(pieces()).body
    assert isinstance(body, Pieces)
    body.close()
    assert ended == [True]


@pytest.mark.parametrize("form", ["alone", "response", "tuple"])
def test_an_async_generator_is_begun_in_each_form(form: str) -> None:
    async def pieces() -> AsyncIterator[str]:
        yield "a"
        yield "b"

    async def run() -> tuple[int, bytes]:
        results: dict[str, Any] = {
            "alone": pieces(),
            "response": Response(pieces(), 202),
            "tuple": (pieces(), 203),
        }
        answer = answer_of(await begun(results[form]))
        return answer.status, await async_whole(answer.body)

    assert asyncio.run(run()) == ({"alone": 200, "response": 202, "tuple": 203}[form], b"ab")


def test_an_async_generator_of_a_plain_handler_is_refused() -> None:
    async def pieces() -> AsyncIterator[str]:
        yield "a"

    with pytest.raises(ResultError, match="async handler"):
        answer_of(pieces())


@pytest.mark.parametrize(
    ("event", "sent"),
    [
        (Event("a"), b"data: a\n\n"),
        (Event("a\r\nb\rc\nd"), b"data: a\ndata: b\ndata: c\ndata: d\n\n"),
        (Event({"a": 1}, "kind", "7", 500), b'event: kind\nid: 7\nretry: 500\ndata: {"a":1}\n\n'),
    ],
)
def test_an_event_as_it_is_sent(event: Event, sent: bytes) -> None:
    assert event.encoded() == sent


@pytest.mark.parametrize("event", [Event("", event="a\nb"), Event("", id="a\rb"), Event("", id="\0")])
def test_an_event_cannot_be_split(event: Event) -> None:
    with pytest.raises(ValueError, match="line break or NUL"):
        event.encoded()


def test_events_keep_the_headers_that_are_given() -> None:
    answer = answer_of(EventStream(iter(["a"]), headers={"Cache-Control": "private", "X-A": "b"}))
    assert answer.content_type == "text/event-stream"
    assert answer.headers == [(b"Cache-Control", b"private"), (b"X-A", b"b")]


def test_a_quiet_source_is_kept_alive_and_closed_at_the_end() -> None:
    ended = []

    async def source() -> AsyncIterator[str]:
        try:
            yield "a"
            await asyncio.sleep(3600)
        finally:
            ended.append(True)

    async def run() -> list[bytes]:
        body = await AsyncPieces.begin(EventStream(source(), keep_alive=0.001).body)
        sent = [body.first] + [await anext(body) for _ in range(3)]
        await body.aclose()
        return sent

    assert asyncio.run(run()) == [b":\n\n", b"data: a\n\n", b": keep-alive\n\n", b": keep-alive\n\n"]
    assert ended == [True]
