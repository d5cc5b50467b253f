"""One child of the process pool, as the worker sees it: started, given one task at a time, ended.

It chooses no tasks (_task_queue.py) and is never used twice: who replaces a dead one is _process_pool.py.
"""

from __future__ import annotations

import multiprocessing
import os
import select
import signal
import threading
from multiprocessing.connection import wait

from typhon import _pool_child
from typhon._pool_server import ensure_server
from typhon.errors import PoolStartError

_END_S = 5.0  # for a child without a task to end

# multiprocessing keeps one set of all children, which start() and join() change.
_children_lock = threading.Lock()


class ChildDeathError(Exception):
    """The child died with a task.

    Attributes:
        began: whether the task had begun.
    """

    def __init__(self, how: str, began: bool) -> None:
        super().__init__(how)
        self.began = began


class PoolProcess:
    """A child that has run `init_worker`. For one thread, but for `kill`."""

    def __init__(self, app_dir: str, patience: float) -> None:
        """Starts it, and blocks until it is ready.

        Args:
            app_dir: where the application's `pool_workers` is; empty for none.
            patience: seconds that it may take.

        Raises:
            PoolStartError: it is not ready; the sentence, or the traceback of `init_worker`, says why.
        """
        self._ended = False
        self._ended_lock = threading.Lock()
        context = multiprocessing.get_context("forkserver")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_pool_child.serve, args=(theirs, app_dir), name="typhon-pool")
        try:
            with _children_lock:
                ensure_server(app_dir)
                self._process.start()
        except Exception as error:  # no descriptor, no memory, no fork server
            self._connection.close()
            raise PoolStartError(f"a pool process cannot be started: {error}") from error
        finally:
            theirs.close()
        self._await_start(patience)
        self._poll = _poll(self._connection.fileno(), self._process.sentinel)
        self._death = _poll(self._process.sentinel)

    @property
    def pid(self) -> int:
        """Of the child, dead or alive."""
        return self._process.pid or 0

    def run(self, call: bytes) -> bytes:
        """Has it run a packed call; blocks until the packed outcome is here.

        Raises:
            ChildDeathError: it is dead.
            MemoryError: the outcome is too large for this process. The child must be killed.
        """
        began = False
        try:
            self._connection.send_bytes(call)
            self._receive()
            began = True
            return self._receive()
        except (EOFError, OSError):
            raise ChildDeathError(self._how_it_ended(), began) from None

    def is_alive(self) -> bool:
        """Whether it has not ended. Does not block."""
        return not self._death.poll(0)

    def kill(self) -> None:
        """Kills it, if it lives. Any thread; does not block."""
        with self._ended_lock:
            if not self._ended:
                os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Ends a child without a task. Blocks until it has ended."""
        try:
            self._connection.send_bytes(b"")
        except OSError:
            pass  # dead already
        if not wait([self._process.sentinel], _END_S):
            self.kill()
        self._how_it_ended()

    def _await_start(self, patience: float) -> None:
        try:
            ready = wait([self._connection, self._process.sentinel], patience)
            failure = self._connection.recv_bytes().decode() if self._connection in ready else "died"
        except (EOFError, OSError):
            failure = "died"
            ready = [self._connection]
        if not ready:
            self.kill()
            self._how_it_ended()
            raise PoolStartError(f"a pool process was not up within {patience:g} s")
        if failure == "died":
            raise PoolStartError(f"a pool process {self._how_it_ended()} before it was ready")
        if failure:
            self._how_it_ended()
            raise PoolStartError(f"pool_workers failed in a pool process:\n{failure}")

    def _receive(self) -> bytes:
        """The next message; a dead child's last words count. Children of its own may keep the pipe open."""
        events = dict(self._poll.poll())
        if not events.get(self._connection.fileno(), 0) & select.POLLIN:
            raise EOFError
        return self._connection.recv_bytes()

    def _how_it_ended(self) -> str:
        """Waits for its end, which is near; nobody kills it from here on."""
        self._connection.close()
        if not wait([self._process.sentinel], _END_S):
            self.kill()
        with self._ended_lock:
            self._ended = True
        with _children_lock:
            self._process.join(_END_S)
            return _how(self._process.exitcode)


def _poll(*descriptors: int) -> select.poll:
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return poll


def _how(code: int | None) -> str:
    if code is None or code >= 0:
        return f"ended with exit status {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = " (by somebody, or by the kernel when memory is short)" if code == -signal.SIGKILL else ""
    return f"was killed by {name}{hint}"
