"""What goes on after its answer, when its worker ends."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import asynccontextmanager
from typing import Any

import fastapi
import pytest

from typhon import _lifetime, mount
from typhon._async import AsyncRunner
from typhon.testing import TestClient

TURNS = 1000  # of the event loop: more than its end takes


def declare(seen: list[str], endless: bool) -> None:
    """An application that goes on after its answer."""

    @asynccontextmanager
    async def lifespan(app: Any) -> Any:
        yield
        seen.append("shutdown")

    app = fastapi.FastAPI(lifespan=lifespan)

    async def work() -> None:
        try:
            for _ in range(TURNS):
                await asyncio.sleep(0)
            while endless:
                await asyncio.Event().wait()
            seen.append("done")
        finally:
            await asyncio.sleep(0)
            seen.append("finally")

    @app.get("/later")
    async def later(tasks: fastapi.BackgroundTasks) -> str:
        tasks.add_task(work)
        return "answered"

    mount("/python/app", app)


def test_the_end_of_a_worker_waits_for_what_goes_on() -> None:
    seen: list[str] = []
    declare(seen, endless=False)
    with TestClient() as client:
        assert client.get("/python/app/later").json() == "answered"
    assert seen == ["done", "finally", "shutdown"]


def test_what_has_no_time_left_is_cancelled_before_the_shutdown() -> None:
    seen: list[str] = []
    declare(seen, endless=True)
    with TestClient() as client:
        client.get("/python/app/later")
        _lifetime.run_shutdown(client._dispatcher._loop, 0.0)
        assert seen == ["finally", "shutdown"]


class _Bridge:
    """A native side that has nothing to say."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def fd(self) -> int:
        return self._fd


@pytest.fixture
def runner() -> Iterator[AsyncRunner]:
    reader, writer = os.pipe()
    runner = AsyncRunner(_Bridge(reader))  # type: ignore[arg-type]
    runner.start()
    yield runner
    assert runner.stop(20)
    for fd in (reader, writer):
        os.close(fd)


def test_tasks_that_are_left_when_the_event_loop_ends_run_their_finally(runner: AsyncRunner) -> None:
    seen: list[str] = []
    tasks: list[asyncio.Task[None]] = []

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            seen.append("finally")

    async def leave() -> None:
        tasks.append(asyncio.ensure_future(endless()))
        await asyncio.sleep(0)

    runner.submit(leave()).result(20)
    assert runner.stop(20)
    assert seen == ["finally"]
