"""How the source of an `EventStream` runs: as if it were iterated by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextvars import ContextVar
from typing import Any

import pytest

from typhon import EventStream
from typhon._pieces import AsyncPieces, async_whole

variable: ContextVar[str] = ContextVar("variable", default="none")


async def opened(source: AsyncIterator[Any], keep_alive: float | None = None) -> AsyncPieces:
    return await AsyncPieces.begin(EventStream(source, keep_alive).body)


def sent(source: AsyncIterator[Any], keep_alive: float | None = None) -> bytes:
    """All that a client gets."""

    async def run() -> bytes:
        return await asyncio.wait_for(async_whole(await opened(source, keep_alive)), 20)

    return asyncio.run(run())


def test_a_timeout_around_a_yield_ends_what_is_inside() -> None:
    async def source() -> AsyncIterator[str]:
        try:
            async with asyncio.timeout(0.01):
                yield "begun"
                await asyncio.Event().wait()
        except TimeoutError:
            yield "late"

    assert sent(source()) == b":\n\ndata: begun\n\ndata: late\n\n"


def test_a_context_variable_stays_across_yields_and_can_be_reset() -> None:
    async def source() -> AsyncIterator[str]:
        token = variable.set("set")
        try:
            yield variable.get()
            yield variable.get()
        finally:
            variable.reset(token)
        yield variable.get()

    assert sent(source()) == b":\n\ndata: set\n\ndata: set\n\ndata: none\n\n"


@pytest.mark.parametrize("waits", [False, True])
def test_a_source_that_is_closed_ends_in_its_own_context(waits: bool) -> None:
    ended: list[str] = []

    async def source() -> AsyncIterator[str]:
        token = variable.set("set")
        try:
            yield "a"
            if waits:
                await asyncio.Event().wait()
            yield "b"
        finally:
            await asyncio.sleep(0)
            ended.append(variable.get())
            variable.reset(token)

    async def run() -> None:
        body = await opened(source(), 0.01)
        assert await anext(body) == b"data: a\n\n"
        if waits:
            assert await anext(body) == b": keep-alive\n\n"
        await body.aclose()

    asyncio.run(run())
    assert ended == ["set"]


def test_a_source_goes_on_when_its_event_has_been_sent() -> None:
    made: list[int] = []

    async def source() -> AsyncIterator[int]:
        for number in range(3):
            made.append(number)
            yield number

    async def run() -> None:
        body = await opened(source())
        assert made == []
        await anext(body)
        for _ in range(10):
            await asyncio.sleep(0)
        assert made == [0]
        await body.aclose()

    asyncio.run(run())


@pytest.mark.parametrize("error", [KeyError("on purpose"), asyncio.CancelledError("of its own")])
def test_what_a_source_raises_ends_the_stream_with_it(error: BaseException) -> None:
    async def source() -> AsyncIterator[str]:
        yield "a"
        raise error

    with pytest.raises(type(error)):
        sent(source())


def test_an_item_that_cannot_be_sent_closes_the_source() -> None:
    ended: list[bool] = []

    async def source() -> AsyncIterator[Any]:
        try:
            yield object()
        finally:
            ended.append(True)

    with pytest.raises(Exception, match="object"):
        sent(source())
    assert ended == [True]


def test_a_source_that_goes_on_after_its_cancellation_is_closed() -> None:
    ended: list[str] = []

    async def source() -> AsyncIterator[str]:
        yield "a"
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("caught")
        try:
            yield "b"
        finally:
            ended.append("closed")

    async def run() -> None:
        body = await opened(source(), 0.01)
        await anext(body)
        await anext(body)
        await asyncio.wait_for(body.aclose(), 20)

    asyncio.run(run())
    assert ended == ["caught", "closed"]
