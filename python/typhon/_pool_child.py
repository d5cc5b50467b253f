"""What runs inside the pool's processes: once in the fork server, and in each child."""

from __future__ import annotations

import ctypes
import importlib
import os
import signal
import sys
import traceback
from collections.abc import Callable
from multiprocessing import forkserver
from threading import BrokenBarrierError
from typing import Any, Protocol

from typhon._app import use_directory
from typhon._streams import replace_streams
from typhon.errors import PoolStartError

APP_MODULE = "pool_workers"

_PR_SET_PDEATHSIG = 1  # <sys/prctl.h>
_KEEP = frozenset({signal.SIGINT, signal.SIGPIPE, signal.SIGKILL, signal.SIGSTOP})


class BarrierLike(Protocol):
    """A multiprocessing barrier."""

    def wait(self, timeout: float | None = None) -> int: ...


_server_pid: int | None = None  # of the fork server, inherited by its children
_start_failure: str | None = None  # the traceback of init_worker
_barrier: BarrierLike | None = None


def prepare_server(app_dir: str) -> None:
    """In the fork server, before it serves: signals as it needs them, and the imports that children share."""
    global _server_pid
    _server_pid = os.getpid()
    replace_streams()
    signal.pthread_sigmask(signal.SIG_SETMASK, [])  # it must hear SIGCHLD, whatever its parent blocked
    if app_dir:
        use_directory(app_dir)
    if _has_app_module(app_dir):
        try:
            importlib.import_module(APP_MODULE)
        except BaseException:
            sys.modules.pop(APP_MODULE, None)  # each child tries again, and reports it


def start_child(app_dir: str, barrier: BarrierLike) -> None:
    """The initializer of each child. Never raises: a failed `init_worker` fails the tasks."""
    global _barrier, _start_failure
    _die_with_worker()
    _default_signals()
    _barrier = barrier
    try:
        _init_application(app_dir)
    except BaseException:
        _start_failure = traceback.format_exc().rstrip()


def run(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Runs a task in a child.

    Raises:
        PoolStartError: `init_worker` failed in this child.
    """
    if _start_failure is not None:
        raise PoolStartError(f"pool_workers failed in a pool process:\n{_start_failure}")
    return function(*args, **kwargs)


def run_chunk(function: Callable[..., Any], chunk: list[tuple[Any, ...]]) -> list[Any]:
    """Runs one function for several argument lists, in order."""
    return [function(*args) for args in chunk]


def meet(timeout: float) -> int:
    """Waits until every child of the pool is in here, so that each exists; the child's pid."""
    if _barrier is None:
        raise PoolStartError("a pool process was not initialized")
    try:
        _barrier.wait(timeout)
    except BrokenBarrierError:
        raise PoolStartError(f"not every pool process was up within {timeout:g} s") from None
    return os.getpid()


def _die_with_worker() -> None:
    """Lets go of the server's "alive" pipe and dies with the server, which ends when nobody holds it."""
    server: Any = forkserver._forkserver
    if server._forkserver_alive_fd is not None:
        os.close(server._forkserver_alive_fd)
        server._forkserver_alive_fd = None
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if _server_pid is not None and os.getppid() != _server_pid:
        os._exit(1)  # the server went before prctl


def _default_signals() -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for number in signal.valid_signals() - _KEEP:
        try:
            signal.signal(number, signal.SIG_DFL)
        except (OSError, ValueError):
            pass  # a signal of the C library's own
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the gateway's to handle


def _init_application(app_dir: str) -> None:
    if not _has_app_module(app_dir):
        return
    init = getattr(importlib.import_module(APP_MODULE), "init_worker", None)
    if init is not None:
        init()


def _has_app_module(app_dir: str) -> bool:
    path = os.path.join(app_dir, APP_MODULE)
    return bool(app_dir) and (
        os.path.isfile(path + ".py") or os.path.isfile(os.path.join(path, "__init__.py"))
    )
