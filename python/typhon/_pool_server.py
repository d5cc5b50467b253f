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
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import process, resource_tracker, util
from typing import Any

_lock = threading.Lock()
_socket_fd: int | None = None  # of the directory that the server's socket is in

_TAKE_COMMAND = "import sys; command = sys.argv.pop(); sys.argv.pop(); "
_TRACKER = (
    "import atexit, os, shutil, warnings; os.setpgid(0, 0); warnings.simplefilter('ignore'); "
    "atexit.register(shutil.rmtree, {directory!r}, ignore_errors=True); exec(command)"
)
_SERVER = (
    "sys.path[:] = {path!r}; from typhon import _pool_child; "
    "_pool_child.prepare_server({app_dir!r}); exec(command)"
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
        with _starting_with(_SERVER.format(path=list(sys.path), app_dir=app_dir)):
            multiprocessing.forkserver.ensure_running()


def _start_tracker() -> None:
    """Once. The socket's directory is named by a descriptor: its own name may be too long for a socket."""
    global _socket_fd
    directory = tempfile.mkdtemp(prefix="typhon-pool-")
    with _starting_with(_TRACKER.format(directory=directory)):
        resource_tracker.ensure_running()
    _socket_fd = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    process.current_process()._config["tempdir"] = f"/proc/self/fd/{_socket_fd}"  # type: ignore[attr-defined]


@contextmanager
def _starting_with(prepare: str) -> Iterator[None]:
    module: Any = util  # the hook is private
    flags: Callable[[], list[str]] = module._args_from_interpreter_flags
    module._args_from_interpreter_flags = lambda: [*flags(), "-c", _TAKE_COMMAND + prepare]
    try:
        yield
    finally:
        module._args_from_interpreter_flags = flags
