"""The helpers of the pool, prepared before they serve: multiprocessing's fork server and resource tracker.

multiprocessing starts each as ``python FLAGS -c COMMAND``. Only the environment could tell them what to
prepare, and the flags may tell them to ignore it; so the preparation is put in front of the command. The
fork server gets the worker's ``sys.path`` and imports `_pool_child` and the application's `pool_workers`,
which its children inherit. The tracker leaves the worker's process group: whoever kills the group, it lives
a moment longer and removes what is left, semaphores and the server's socket.
"""

from __future__ import annotations

import multiprocessing.forkserver
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import process, resource_tracker, util
from typing import Any

from typhon import _log

_lock = threading.Lock()
_socket_fd: int | None = None  # of the directory that the server's socket is in

_TRACKER_PATIENCE_S = 20.0
_TAKE_COMMAND = "import sys; command = sys.argv.pop(); sys.argv.pop(); "
_TRACKER = (
    "import atexit, os, shutil, signal, warnings; signal.signal(signal.SIGHUP, signal.SIG_IGN); "
    "signal.signal(signal.SIGTERM, signal.SIG_IGN); os.setpgid(0, 0); warnings.simplefilter('ignore'); "
    "atexit.register(shutil.rmtree, {directory!r}, ignore_errors=True); os.mkdir({directory!r}, 0o700); "
    "exec(command)"
)
_SERVER = (
    "sys.path[:] = {path!r}; from typhon import _pool_child; "
    "_pool_child.prepare_server({app_dir!r}, {level!r}); exec(command)"
)


def ensure_server(app_dir: str) -> None:
    """Starts the fork server when it does not run. Blocks only for its exec; any thread.

    Args:
        app_dir: where `pool_workers` is; empty for none.

    Raises:
        OSError: no process could be started.
    """
    with _lock:
        if _socket_fd is None:
            _start_tracker()
        with _starting_with(_SERVER.format(path=list(sys.path), app_dir=app_dir, level=_log.level())):
            multiprocessing.forkserver.ensure_running()


def _start_tracker() -> None:
    """Once. The socket's directory is named by a descriptor: its own name may be too long for a socket.

    The tracker makes it, when nobody can kill it with the group any more: so it is always removed.
    """
    global _socket_fd
    directory = os.path.join(_temporary_directory(), f"typhon-pool-{secrets.token_hex(8)}")
    with _starting_with(_TRACKER.format(directory=directory)):
        resource_tracker.ensure_running()
    _socket_fd = _open_directory(directory)
    process.current_process()._config["tempdir"] = f"/proc/self/fd/{_socket_fd}"  # type: ignore[attr-defined]


def _temporary_directory() -> str:
    """tempfile.gettempdir() without its trial file, which a kill would leave behind.

    Raises:
        FileNotFoundError: there is none.
    """
    for place in (os.environ.get("TMPDIR", ""), "/tmp", "/var/tmp"):  # noqa: S108
        if os.path.isabs(place) and os.path.isdir(place) and os.access(place, os.W_OK | os.X_OK):
            return place
    raise FileNotFoundError("no temporary directory can be written: give one by TMPDIR")


def _open_directory(path: str) -> int:
    """Waits for the tracker, which makes it first of all."""
    end = time.monotonic() + _TRACKER_PATIENCE_S
    while True:
        try:
            return os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            if time.monotonic() > end:
                raise
        time.sleep(0.001)


@contextmanager
def _starting_with(prepare: str) -> Iterator[None]:
    module: Any = util  # the hook is private
    flags: Callable[[], list[str]] = module._args_from_interpreter_flags
    module._args_from_interpreter_flags = lambda: [*flags(), "-c", _TAKE_COMMAND + prepare]
    try:
        yield
    finally:
        module._args_from_interpreter_flags = flags
