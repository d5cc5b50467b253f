"""A Dask cluster as the pool of a worker: tasks with the time of their request, errors as of any pool."""

from __future__ import annotations

import asyncio
import concurrent.futures
import math
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from typhon._executor import MappingExecutor
from typhon._pool_task import name_of
from typhon._request_pool import Pool, RequestWithDeadline
from typhon.errors import PoolProcessDied, PoolStartError, PoolTimeoutError

CONNECT_S = 10.0


def connect(address: str, timeout: float) -> DaskPool:
    """The cluster whose scheduler listens at ``host:port``. Blocks, for `CONNECT_S` or ``timeout`` seconds.

    Raises:
        PoolStartError: there is no such scheduler, or its package is missing.
    """
    try:
        from distributed import Client
    except ImportError:
        raise PoolStartError(
            f'the pool "dask://{address}" needs a package: pip install distributed'
        ) from None
    try:
        client: Any = Client  # has no types
        return DaskPool(client(f"tcp://{address}", timeout=min(timeout, CONNECT_S)))
    except (OSError, TimeoutError, ValueError) as error:
        raise PoolStartError(f"no Dask scheduler answers at {address}: {error}") from None


class DaskPool(MappingExecutor):
    """An executor over the cluster. For any thread.

    Each call is a task of its own, even when an equal one has been made before (Dask calls that impure).
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._running: set[Future[Any]] = set()
        self._closed = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Has the cluster call ``fn(*args, **kwargs)``, without an end; see `Pool.submit`."""
        return self.submit_until(math.inf, "", fn, *args, **kwargs)

    def submit_until(
        self, end: float, _request: str, fn: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> Future[Any]:
        """The same; a task not done at ``end`` (of `time.monotonic`) fails with PoolTimeoutError.

        What a task logs is in the logs of the cluster.

        Raises:
            RuntimeError: the pool is closed.
        """
        if self._closed:
            raise RuntimeError("the pool is closed")
        task = self._client.submit(fn, *args, pure=False, **kwargs)
        future: Future[Any] = Future()
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        self._client.loop.add_callback(self._settle, task, future, end, name_of(fn, args))
        return future

    def for_request(self, request: RequestWithDeadline) -> Pool:
        """This pool for the tasks of one request."""
        return Pool(self, time.monotonic() + request.deadline)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leaves the cluster: no new tasks; those not done are waited for, or given up when cancelled."""
        self._closed = True
        if wait and not cancel_futures:
            concurrent.futures.wait(list(self._running))
        self._client.close()

    async def _settle(self, task: Any, future: Future[Any], end: float, name: str) -> None:
        """Ends the future with what comes of the task. In Dask's event loop."""
        error: BaseException | None = None
        result: Any = None
        try:
            result = await self._result(task, end, name)
        except BaseException as raised:
            error = _as_pool_error(raised, name)
        if not future.set_running_or_notify_cancel():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)

    async def _result(self, task: Any, end: float, name: str) -> Any:
        """What the task returns, or raises: a TimeoutError of its own, too.

        Raises:
            PoolTimeoutError: it is not done at ``end``, and has been cancelled.
        """
        left = None if end == math.inf else max(end - time.monotonic(), 0.0)
        outcome = asyncio.ensure_future(_outcome(task))
        done, _ = await asyncio.wait([outcome], timeout=left)
        if done:
            return outcome.result()
        outcome.cancel()
        await self._client.cancel([task])
        raise PoolTimeoutError(f"the pool task {name} was not done in the time of its request")


async def _outcome(task: Any) -> Any:
    return await task


def _as_pool_error(error: BaseException, name: str) -> BaseException:
    """A death of the cluster's processes as that of the pool's own; a task's exception is itself."""
    from distributed import CancelledError
    from distributed.scheduler import KilledWorker

    if isinstance(error, KilledWorker | CancelledError | asyncio.CancelledError):
        return PoolProcessDied(f"the Dask cluster gave the task {name} up: {error}")
    return error
