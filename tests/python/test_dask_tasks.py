"""What comes of a task of a Dask cluster: its own exceptions are its own."""

from __future__ import annotations

import asyncio
import math
import sys
import time
from concurrent.futures import Future
from types import ModuleType
from typing import Any

import pytest

from typhon import PoolTimeoutError
from typhon._dask_pool import DaskPool


@pytest.fixture(autouse=True)
def distributed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two names of Dask's package; the whole would change how this process pickles exceptions."""
    package, scheduler = ModuleType("distributed"), ModuleType("distributed.scheduler")
    package.CancelledError = type("CancelledError", (Exception,), {})  # type: ignore[attr-defined]
    scheduler.KilledWorker = type("KilledWorker", (Exception,), {})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "distributed", package)
    monkeypatch.setitem(sys.modules, "distributed.scheduler", scheduler)


class Cluster:
    """In the place of Dask's client."""

    def __init__(self) -> None:
        self.cancelled: list[Any] = []

    async def cancel(self, tasks: list[Any]) -> None:
        self.cancelled += tasks


def settled(cluster: Cluster, task: Any, end: float) -> Future[Any]:
    """The future of a task, when the pool has ended it."""
    future: Future[Any] = Future()
    asyncio.run(DaskPool(cluster)._settle(task, future, end, "shop.price"))
    return future


@pytest.mark.parametrize("left", [math.inf, 3600.0])
def test_a_tasks_own_timeout_error_is_not_that_of_its_request(left: float) -> None:
    async def asks() -> None:
        raise TimeoutError("the database does not answer")

    cluster = Cluster()
    error = settled(cluster, asks(), time.monotonic() + left).exception()
    assert type(error) is TimeoutError
    assert str(error) == "the database does not answer"
    assert cluster.cancelled == []


def test_a_task_that_is_not_done_at_its_end_is_cancelled() -> None:
    async def waits() -> None:
        await asyncio.Event().wait()

    cluster, task = Cluster(), waits()
    with pytest.raises(PoolTimeoutError, match=r"shop.price was not done in the time of its request"):
        settled(cluster, task, time.monotonic()).result()
    assert cluster.cancelled == [task]


def test_the_result_of_a_task_is_that_of_its_future() -> None:
    async def price() -> int:
        return 3

    assert settled(Cluster(), price(), math.inf).result() == 3
