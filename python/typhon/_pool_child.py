"""What runs inside the pool's processes: once in the fork server, and in each child."""

from __future__ import annotations

import ctypes
import importlib
import os
import signal
import sys
import traceback
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from typing import Any

from typhon import _log, _pool_task
from typhon._app import use_directory
from typhon._streams import replace_streams

APP_MODULE = "pool_workers"
STARTED = b""

_PR_SET_PDEATHSIG = 1  # <sys/prctl.h>
_KEEP = frozenset({signal.SIGPIPE, signal.SIGKILL, signal.SIGSTOP})
# Whoever ends the gateway or the worker may send them to all processes. The worker ends its pool.
_NOT_FOR_US = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})


_server_pid: int | None = None  # of the fork server, inherited by its children


def prepare_server(app_dir: str, log_level: str) -> None:
    """In the fork server, before it serves: signals as it needs them, and the imports that children share."""
    global _server_pid
    _server_pid = os.getpid()
    replace_streams(log_level)
    _log.become_pool_process(os.getppid())
    signal.pthread_sigmask(signal.SIG_SETMASK, [])  # it must hear SIGCHLD, whatever its parent blocked
    for number in _NOT_FOR_US:
        signal.signal(number, signal.SIG_IGN)
    if app_dir:
        use_directory(app_dir)
    if _has_app_module(app_dir):
        try:
            importlib.import_module(APP_MODULE)
        except BaseException:
            sys.modules.pop(APP_MODULE, None)  # each child tries again, and reports it


def serve(connection: Connection, app_dir: str) -> None:
    """The life of a child: says whether `init_worker` went well, then runs one task after the other.

    Its messages: first the traceback of `init_worker`, empty when there is none; then for each task STARTED,
    before anything of the task is executed, and its outcome. An empty message to it, or the end of the
    connection, ends it.
    """
    _die_with_worker()
    _default_signals()
    failure = _initialize(app_dir)
    try:
        connection.send_bytes(failure.encode("utf-8", "backslashreplace"))
        while not failure and (call := connection.recv_bytes()):
            connection.send_bytes(STARTED)
            connection.send_bytes(_pool_task.run(call))
    except (EOFError, OSError):
        pass  # the worker is gone, or has no use for this child any more


def _initialize(app_dir: str) -> str:
    try:
        _init_application(app_dir)
    except BaseException:
        return traceback.format_exc().rstrip()
    return ""


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
    for number in signal.valid_signals() - _KEEP - _NOT_FOR_US:
        try:
            signal.signal(number, signal.SIG_DFL)
        except (OSError, ValueError):
            pass  # a signal of the C library's own
    own_pid = os.getpid()

    def ignore(number: int, _: object) -> None:
        if os.getpid() != own_pid:  # a task has forked, and this is for the fork
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    for number in _NOT_FOR_US:  # by a handler, because programs that a task starts would inherit SIG_IGN
        signal.signal(number, ignore)
        signal.siginterrupt(number, False)


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
