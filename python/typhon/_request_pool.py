"""The process pool as one request sees it: its tasks have the time of that request."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol

from typhon._executor import MappingExecutor


class RequestWithDeadline(Protocol):
    """A request, as far as the pool is concerned."""

    @property
    def deadline(self) -> float: ...
    @property
    def id(self) -> str: ...
    @property
    def route(self) -> str: ...


class TimedPool(Protocol):
    """A pool that takes tasks with an end, and with the name that a request has in the log."""

    def submit_until(
        self, end: float, request: str, fn: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> Future[Any]: ...


class Pool(MappingExecutor):
    """What a handler with ``use_process_pool=True`` gets: an executor over the worker's processes.

    A task that is not done when the time of its request is over fails with `PoolTimeoutError`, and its
    process is killed and replaced.
    """

    def __init__(self, pool: TimedPool, end: float, request: str = "") -> None:
        self._pool = pool
        self._end = end
        self._request = request

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Has a process call ``fn(*args, **kwargs)``; ``fn`` is a top-level function, values can be pickled.

        Returns:
            A future of the result. Its exception is the task's own, or one of `PoolProcessDied`,
            `PoolTimeoutError`, `PoolTaskError`, `pickle.PicklingError` and `PoolStartError`.
        """
        return self._pool.submit_until(self._end, self._request, fn, *args, **kwargs)

    def with_timeout(self, seconds: float) -> Pool:
        """The same processes for tasks that may take ``seconds`` from now, beyond the request if need be.

        Raises:
            ValueError: not a number of seconds above 0.
        """
        if isinstance(seconds, bool) or not math.isfinite(seconds) or seconds <= 0:
            raise ValueError(f"with_timeout takes a number of seconds above 0, not {seconds!r}")
        return Pool(self._pool, time.monotonic() + seconds, self._request)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Does nothing: the processes are the worker's, and serve other requests."""
