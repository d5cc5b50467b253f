"""The fork server of the pool, prepared before it serves.

multiprocessing starts it as ``python FLAGS -c COMMAND``, where only the environment could tell it what to
import first, and the flags may tell it to ignore the environment. So the preparation is put in front of the
command: the server gets the worker's ``sys.path``, imports `_pool_child` and the application's
`pool_workers`, and children inherit both.
"""

from __future__ import annotations

import multiprocessing.forkserver
import sys
import threading
from collections.abc import Callable
from multiprocessing import process, resource_tracker, util

_lock = threading.Lock()

_PREPARE = (
    "import sys; command = sys.argv.pop(); sys.argv.pop(); sys.path[:] = {path!r}; "
    "from typhon import _pool_child; _pool_child.prepare_server({app_dir!r}); exec(command)"
)


def ensure_server(app_dir: str, socket_dir: str = "") -> None:
    """Starts the fork server when it does not run. Blocks only for its exec; any thread.

    Args:
        app_dir: where `pool_workers` is; empty for none.
        socket_dir: where the server's socket goes; a fresh temporary directory when empty.

    Raises:
        OSError: no process could be started.
    """
    if socket_dir:
        process.current_process()._config["tempdir"] = socket_dir  # type: ignore[attr-defined]
    resource_tracker.ensure_running()  # so that it starts with the flags alone
    with _lock:
        flags: Callable[[], list[str]] = util._args_from_interpreter_flags  # type: ignore[attr-defined]
        prepare = _PREPARE.format(path=list(sys.path), app_dir=app_dir)
        util._args_from_interpreter_flags = lambda: [*flags(), "-c", prepare]  # type: ignore[attr-defined]
        try:
            multiprocessing.forkserver.ensure_running()
        finally:
            util._args_from_interpreter_flags = flags  # type: ignore[attr-defined]
