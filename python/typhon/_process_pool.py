"""A process pool that survives its children.

One thread, the keeper, owns the children: it hands tasks to them, settles what they finish, and replaces
the whole set when one of them dies. Others reach it through a queue. At most as many tasks as there are
children are handed out, so that a death costs no task that had not started.
"""

from __future__ import annotations

import functools
import itertools
import multiprocessing
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from typhon import _pool_child
from typhon._pool_server import ensure_server
from typhon.errors import PoolProcessDied, PoolStartError

DIED = "a pool process died; its task is not run again"
CLOSED = "the pool is closed"


@dataclass(frozen=True, slots=True)
class _Task:
    future: Future[Any]
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Done:
    task: _Task
    children: ProcessPoolExecutor
    result: Future[Any]


@dataclass(frozen=True, slots=True)
class _Close:
    cancel_waiting: bool


class ProcessPool(Executor):
    """A `concurrent.futures.Executor` over processes that are replaced when they die. For any thread."""

    def __init__(self, workers: int, app_dir: str = "") -> None:
        """Starts the keeper; children start with the first tasks, see `warm`.

        Args:
            workers: the number of children, at least 1.
            app_dir: where the application's `pool_workers` is; empty for none.
        """
        self._workers = workers
        self._closed = False
        self._submit_lock = threading.Lock()
        self._events: SimpleQueue[_Task | _Done | _Close] = SimpleQueue()
        self._keeper = _Keeper(workers, app_dir, self._events)
        self._thread = threading.Thread(target=self._keeper.run, name="typhon-pool", daemon=True)
        self._thread.start()

    def warm(self, timeout: float) -> list[int]:
        """Waits until every child exists and has run `init_worker`; their pids.

        Raises:
            PoolStartError: a child failed, or they were not up within ``timeout`` seconds.
        """
        end = time.monotonic() + timeout
        futures = [self.submit(_pool_child.meet, timeout) for _ in range(self._workers)]
        try:
            return [future.result(max(0.0, end - time.monotonic())) for future in futures]
        except TimeoutError:
            raise PoolStartError(f"not every pool process was up within {timeout:g} s") from None
        except BrokenProcessPool:
            raise PoolStartError("a pool process died while the pool was started") from None

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Has a child call ``fn(*args, **kwargs)``; ``fn`` is a top-level function, values can be pickled.

        Returns:
            A future of the result. Its exception is the task's own, or PoolProcessDied.

        Raises:
            RuntimeError: the pool is closed.
        """
        task = _Task(Future(), fn, args, kwargs)
        with self._submit_lock:
            if self._closed:
                raise RuntimeError(CLOSED)
            self._events.put(task)
        return task.future

    def map(
        self,
        fn: Callable[..., Any],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
    ) -> Iterator[Any]:
        """Results of ``fn`` for each value, in order; ``chunksize`` values travel together.

        Raises:
            TimeoutError: from the iterator, when a result was not there ``timeout`` seconds after the call.
        """
        if chunksize < 1:
            raise ValueError("chunksize must be at least 1")
        rows = zip(*iterables, strict=False)
        chunks = iter(lambda: list(itertools.islice(rows, chunksize)), [])
        results = super().map(_pool_child.run_chunk, itertools.repeat(fn), chunks, timeout=timeout)
        return itertools.chain.from_iterable(results)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the pool: no new tasks; those that run finish, those that wait too unless cancelled."""
        with self._submit_lock:
            if not self._closed:
                self._closed = True
                self._events.put(_Close(cancel_futures))
        if wait:
            self._thread.join()

    def pids(self) -> list[int]:
        """The children's pids; fewer than the pool's size until tasks need them again after a death."""
        return self._keeper.pids()


class _Keeper:
    """The thread that owns the children."""

    def __init__(self, workers: int, app_dir: str, events: SimpleQueue[_Task | _Done | _Close]) -> None:
        self._workers = workers
        self._app_dir = app_dir
        self._events = events
        self._waiting: deque[_Task] = deque()
        self._running = 0
        self._closing = False
        self._children: ProcessPoolExecutor | None = None

    def run(self) -> None:
        """Until the pool is closed and what it had is done."""
        while not (self._closing and self._running == 0 and not self._waiting):
            event = self._events.get()
            if isinstance(event, _Task):
                self._waiting.append(event)
            elif isinstance(event, _Done):
                self._settle(event)
            else:
                self._close(event)
            self._hand_out()
        if self._children is not None:
            self._children.shutdown(wait=True)

    def pids(self) -> list[int]:
        """Any thread."""
        children = self._children
        if children is None or children._broken:
            return []
        processes = children._processes  # the executor has no public name for them
        return sorted(processes) if processes else []

    def _hand_out(self) -> None:
        while self._waiting and self._running < self._workers:
            task = self._waiting.popleft()
            if task.future.set_running_or_notify_cancel():
                self._running += 1
                self._start(task)

    def _start(self, task: _Task) -> None:
        """Hands a task to the children; a set that broke while it was idle is replaced first."""
        for attempt in range(2):
            try:
                children = self._children = self._children or self._new_children()
                result = children.submit(_pool_child.run, task.function, task.args, task.kwargs)
            except BrokenProcessPool:
                self._children = None
            except Exception as error:  # no process could be made
                self._children = None
                self._fail(task, error)
                return
            else:
                result.add_done_callback(functools.partial(self._report, task, children))
                return
            if attempt == 1:
                self._fail(task, PoolProcessDied(DIED))

    def _report(self, task: _Task, children: ProcessPoolExecutor, result: Future[Any]) -> None:
        self._events.put(_Done(task, children, result))

    def _fail(self, task: _Task, error: Exception) -> None:
        self._running -= 1
        task.future.set_exception(error)

    def _settle(self, done: _Done) -> None:
        error = _exception_of(done.result)
        if isinstance(error, BrokenProcessPool) and self._children is done.children:
            self._children = None  # it ends itself
        if error is None:
            done.task.future.set_result(done.result.result())
        elif isinstance(error, BrokenProcessPool):
            done.task.future.set_exception(PoolProcessDied(DIED))
        else:
            done.task.future.set_exception(error)
        self._running -= 1

    def _close(self, close: _Close) -> None:
        self._closing = True
        while close.cancel_waiting and self._waiting:
            task = self._waiting.popleft()
            task.future.cancel()
            task.future.set_running_or_notify_cancel()

    def _new_children(self) -> ProcessPoolExecutor:
        ensure_server(self._app_dir)
        context = multiprocessing.get_context("forkserver")
        return ProcessPoolExecutor(
            self._workers,
            mp_context=context,
            initializer=_pool_child.start_child,
            initargs=(self._app_dir, context.Barrier(self._workers)),
        )


def _exception_of(future: Future[Any]) -> BaseException | None:
    try:
        return future.exception()
    except CancelledError as error:
        return error
