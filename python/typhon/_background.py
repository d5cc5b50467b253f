"""What mounted applications do after their answers: kept, waited for when a worker ends, then cancelled."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Coroutine
from concurrent.futures import Future
from typing import Any

SHARE = 0.75  # of the time that is left when a worker ends; the rest is for `finally` and shutdown hooks
LAST_WORDS_S = 0.5  # for the `finally` of what has been cancelled

_tasks: set[asyncio.Future[Any]] = set()


def keep(task: asyncio.Future[Any]) -> None:
    """Holds a task until it has ended. On its event loop."""
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


def end(submit: Callable[[Coroutine[Any, Any, None]], Future[None]], left_s: float) -> None:
    """Waits for the tasks, for a share of ``left_s`` seconds, and cancels those that go on then. Blocks.

    Args:
        submit: runs a coroutine on the event loop.
        left_s: seconds until the worker is killed if it has not ended.
    """
    if _tasks:
        patience_s = SHARE * left_s
        with contextlib.suppress(TimeoutError):  # something holds the event loop up
            submit(_finish(patience_s)).result(patience_s + 2 * LAST_WORDS_S)


async def _finish(patience_s: float) -> None:
    loop = asyncio.get_running_loop()
    tasks = {task for task in _tasks if task.get_loop() is loop}
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=patience_s)
        await cancel(late)


async def cancel(tasks: Collection[asyncio.Future[Any]]) -> None:
    """Cancels tasks, and waits for what they do at their end, but not long."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=LAST_WORDS_S)
