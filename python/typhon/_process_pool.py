"""A process pool that survives its children.

Each child has a thread of its own in the worker, its keeper: it takes a task, gives it to the child, settles
it, and replaces the child when it dies. So a death costs the one task that ran in that child. One thread
more watches the time: what runs past the end of its task is killed.
"""

from __future__ import annotations

import math
import pickle
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from typhon import _log
from typhon._executor import MappingExecutor
from typhon._pool_process import ChildDeathError, PoolProcess
from typhon._pool_task import Task, name_of, pack_call
from typhon._request_pool import Pool, RequestWithDeadline
from typhon._task_queue import TaskQueue
from typhon.errors import PoolProcessDied, PoolStartError, PoolTimeoutError

START_S = 55.0  # for a child to import the application's module and run `init_worker`
_TRIES = 4  # children that may die before a task begins, until it is taken for the reason
_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 10.0  # between attempts to start a child


class ProcessPool(MappingExecutor):
    """A `concurrent.futures.Executor` over processes that are replaced when they die. For any thread."""

    def __init__(self, workers: int, app_dir: str = "") -> None:
        """Starts the keepers, which start the children; see `warm`.

        Args:
            workers: the number of children, at least 1.
            app_dir: where the application's `pool_workers` is; empty for none.
        """
        self._queue = TaskQueue()
        self._crew = _Crew(workers, self._queue)
        keepers = [_Keeper(self._queue, self._crew, app_dir).run for _ in range(workers)]
        self._threads = [
            threading.Thread(target=run, name="typhon-pool", daemon=True)
            for run in [*keepers, self._queue.watch]
        ]
        for thread in self._threads:
            thread.start()

    def warm(self, timeout: float) -> list[int]:
        """Waits until every child exists and has run `init_worker`; their pids.

        Raises:
            PoolStartError: a child failed, or they were not up within ``timeout`` seconds.
        """
        return self._crew.wait_complete(timeout)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Has a child call ``fn(*args, **kwargs)``; ``fn`` is a top-level function, values can be pickled.

        Returns:
            A future of the result. Its exception is the task's own, PoolProcessDied, PoolTaskError,
            pickle.PicklingError, or PoolStartError while no child can be started.

        Raises:
            RuntimeError: the pool is closed.
        """
        return self.submit_until(math.inf, _log.request_here(), fn, *args, **kwargs)

    def submit_until(
        self, end: float, request: str, fn: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> Future[Any]:
        """The same; a task not done at ``end`` (of `time.monotonic`) fails with PoolTimeoutError.

        What it logs names ``request``, which is as `_log.describe` makes it.
        """
        try:
            task = Task(pack_call(fn, args, kwargs, request), name_of(fn, args), end)
        except pickle.PicklingError as error:
            unsent: Future[Any] = Future()
            unsent.set_exception(error)
            return unsent
        self._queue.put(task)
        return task.future

    def for_request(self, request: RequestWithDeadline) -> Pool:
        """This pool for the tasks of one request."""
        return Pool(self, time.monotonic() + request.deadline, _log.describe(request))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the pool: no new tasks; those that run finish, those that wait too unless cancelled."""
        self._queue.close(cancel_futures)
        self._crew.close()
        if wait:
            for thread in self._threads:
                thread.join()

    def pids(self) -> list[int]:
        """The children's pids; fewer than the pool's size while one is being replaced."""
        return self._crew.pids()


class _Crew:
    """Which children are up. For any thread."""

    def __init__(self, size: int, queue: TaskQueue) -> None:
        self._size = size
        self._queue = queue
        self._changed = threading.Condition()
        self._pids: set[int] = set()
        self._stuck = 0  # keepers whose child does not start
        self._failure: PoolStartError | None = None
        self._closed = threading.Event()

    def joined(self, pid: int, was_stuck: bool) -> None:
        """A child is up."""
        with self._changed:
            self._pids.add(pid)
            self._stuck -= was_stuck
            self._failure = None
            self._queue.recovered()
            self._changed.notify_all()

    def left(self, pid: int) -> None:
        """A child is dead."""
        with self._changed:
            self._pids.discard(pid)

    def failed(self, error: PoolStartError, was_stuck: bool) -> None:
        """A child could not be started. When none can, tasks fail."""
        with self._changed:
            self._failure = error
            self._stuck += not was_stuck
            if self._stuck == self._size:
                self._queue.fail_waiting(str(error))
            self._changed.notify_all()

    def pids(self) -> list[int]:
        with self._changed:
            return sorted(self._pids)

    def wait_complete(self, timeout: float) -> list[int]:
        with self._changed:
            self._changed.wait_for(lambda: self._failure or len(self._pids) == self._size, timeout)
            if self._failure is not None:
                raise self._failure
            if len(self._pids) < self._size:
                raise PoolStartError(f"not every pool process was up within {timeout:g} s")
            return sorted(self._pids)

    def pause(self, seconds: float) -> None:
        """Blocks, unless the pool is closed."""
        self._closed.wait(seconds)

    def close(self) -> None:
        self._closed.set()


class _Keeper:
    """A thread with one child at a time."""

    def __init__(self, queue: TaskQueue, crew: _Crew, app_dir: str) -> None:
        self._queue = queue
        self._crew = crew
        self._app_dir = app_dir

    def run(self) -> None:
        """Until the queue is closed and empty."""
        while (child := self._new_child()) is not None:
            try:
                self._serve(child)
            finally:
                self._crew.left(child.pid)

    def _new_child(self) -> PoolProcess | None:
        stuck = False
        pause = _PAUSE_S
        while not self._queue.ended:
            try:
                child = PoolProcess(self._app_dir, START_S)
            except PoolStartError as error:
                self._crew.failed(error, stuck)
                stuck = True
                self._crew.pause(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_S)
            else:
                self._crew.joined(child.pid, stuck)
                return child
        return None

    def _serve(self, child: PoolProcess) -> None:
        """Until the child is dead, or the queue is closed and empty."""
        while (task := self._queue.take(child.kill, child.is_alive)) is not None:
            try:
                outcome = child.run(task.call)
            except ChildDeathError as death:
                self._settle_death(child.pid, task, death)
                return
            except BaseException as error:  # the outcome is too large for this process
                child.kill()
                self._queue.done(task)
                task.fail(error)
                return
            self._queue.done(task)
            task.settle(outcome)
        child.close()

    def _settle_death(self, pid: int, task: Task, death: ChildDeathError) -> None:
        if not task.late and not death.began and task.tries < _TRIES:
            self._queue.put_back(task)
            return
        self._queue.done(task)
        if task.late:
            late = f"the pool task {task.name} was not done in the time of its request"
            # Said here too: a coroutine that the gateway has cancelled meanwhile never hears the error.
            _log.write(f"[warning] pool process {pid} was killed: {late}")
            error: Exception = PoolTimeoutError(f"{late}; its process was killed")
        else:
            error = PoolProcessDied(
                f"the pool process {death} while it ran {task.name}; the task is not run again"
            )
        task.fail(error)
