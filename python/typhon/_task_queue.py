"""The tasks of a process pool: which wait, which run, and whose time is over.

It knows no processes: whoever takes a task says how to kill what runs it. For any thread.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable

from typhon._pool_task import Task
from typhon.errors import PoolStartError, PoolTimeoutError

CLOSED = "the pool is closed"
_LONGEST_WAIT_S = 3600.0
_LOOK_EVERY_S = 1.0  # whether an idle child lives


class TaskQueue:
    """First come, first served; bounded in time by each task's own end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._work = threading.Condition(self._lock)
        self._watch = threading.Condition(self._lock)
        self._waiting: deque[Task] = deque()
        self._running: dict[Task, Callable[[], None]] = {}
        self._next_look = math.inf
        self._closed = False
        self._failure = ""

    @property
    def ended(self) -> bool:
        """Closed, and nothing waits."""
        return self._closed and not self._waiting

    def put(self, task: Task) -> None:
        """Adds a task. While nobody can run any (see `fail_waiting`) it fails at once.

        Raises:
            RuntimeError: the queue is closed.
        """
        with self._lock:
            if self._closed:
                raise RuntimeError(CLOSED)
            failure = self._failure
            if not failure:
                self._waiting.append(task)
                self._work.notify()
                self._look_by(task.end)
        if failure:
            task.fail(PoolStartError(failure))

    def take(self, kill: Callable[[], None], is_alive: Callable[[], bool]) -> Task | None:
        """The oldest task; blocks while there is none. None when the queue is closed and empty.

        Args:
            kill: ends what runs the task, should its time be over before `done`. Must not block.
            is_alive: asked before each task, and each second; once it is false the result is None.
        """
        with self._lock:
            while is_alive():
                while self._waiting:
                    task = self._waiting.popleft()
                    if task.tries or task.future.set_running_or_notify_cancel():
                        task.tries += 1
                        self._running[task] = kill
                        return task
                if self._closed:
                    break
                self._work.wait(_LOOK_EVERY_S)
            return None

    def done(self, task: Task) -> None:
        """A task runs no more: from here on nobody is killed for it."""
        with self._lock:
            self._running.pop(task, None)
            if self._closed:
                self._watch.notify()

    def put_back(self, task: Task) -> None:
        """A task that was taken and did not begin is the next one again."""
        with self._lock:
            self._running.pop(task, None)
            self._waiting.appendleft(task)
            self._work.notify()

    def fail_waiting(self, failure: str) -> None:
        """Nobody can run tasks: those that wait and those that come fail with this, until `recovered`."""
        with self._lock:
            self._failure = failure
            lost = list(self._waiting)
            self._waiting.clear()
        for task in lost:
            if task.tries or task.future.set_running_or_notify_cancel():
                task.fail(PoolStartError(failure))

    def recovered(self) -> None:
        """Somebody can run tasks."""
        with self._lock:
            self._failure = ""

    def close(self, cancel_waiting: bool) -> None:
        """Takes no more tasks; those that wait are finished, or cancelled."""
        with self._lock:
            self._closed = True
            cancelled = [task for task in self._waiting if cancel_waiting and not task.tries]
            for task in cancelled:
                self._waiting.remove(task)
            self._work.notify_all()
            self._watch.notify_all()
        for task in cancelled:
            task.future.cancel()
            task.future.set_running_or_notify_cancel()

    def watch(self) -> None:
        """Ends the tasks whose time is over, until the queue is closed and all is done. Has a thread."""
        while True:
            with self._lock:
                if self._closed and not self._waiting and not self._running:
                    return
                late = self._take_late(time.monotonic())
                if not late:
                    wait = min(self._next_look - time.monotonic(), _LONGEST_WAIT_S)
                    self._watch.wait(max(wait, 0.0))
            for task in late:
                _fail_unstarted(task)

    def _take_late(self, now: float) -> list[Task]:
        """The waiting tasks that are late; kills what runs late ones, under the lock: see `done`."""
        late = [task for task in self._waiting if task.end <= now]
        for task in late:
            self._waiting.remove(task)
        for task, kill in self._running.items():
            if task.end <= now and not task.late:
                task.late = True
                kill()
        ends = [task.end for task in self._waiting]
        ends += [task.end for task in self._running if not task.late]
        self._next_look = min(ends, default=math.inf)
        return late

    def _look_by(self, end: float) -> None:
        if end < self._next_look:
            self._next_look = end
            self._watch.notify()


def _fail_unstarted(task: Task) -> None:
    if task.tries or task.future.set_running_or_notify_cancel():
        waited = f"the pool task {task.name} got no process in the time of its request, and never ran"
        task.fail(PoolTimeoutError(waited))
