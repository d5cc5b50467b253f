"""The worker's one pool: which kind, started, stopped, and who belongs to it."""

from __future__ import annotations

import sys
from concurrent.futures import Executor

from typhon import _dask_pool
from typhon._process_pool import ProcessPool
from typhon.errors import PoolStartError

PROCESSES = "processes"
DASK = "dask://"

_pool: Executor | None = None


def start_pool(workers: int, kind: str, app_dir: str = "", timeout: float = 55.0) -> Executor | None:
    """Starts the worker's pool and waits until it works. Call it once, from a thread that lives on.

    Args:
        workers: the number of processes; 0 for no pool.
        kind: "processes", or "dask://host:port" for a Dask cluster.
        app_dir: the application directory; the first entry of ``sys.path`` when empty.
        timeout: seconds for everything.

    Raises:
        PoolStartError: in one sentence, or with the traceback of `init_worker`.
    """
    global _pool
    if kind.startswith(DASK):
        _pool = _dask_pool.connect(kind.removeprefix(DASK), timeout)
    elif kind != PROCESSES:
        raise PoolStartError(f'unknown pool "{kind}": there are "{PROCESSES}" and "{DASK}host:port"')
    elif workers > 0:
        _pool = _warmed(ProcessPool(workers, app_dir or _first_of_path()), timeout)
    return _pool


def stop_pool() -> None:
    """Ends the pool: tasks that run finish, those that wait are cancelled. Blocks until then."""
    global _pool
    pool, _pool = _pool, None
    if pool is not None:
        pool.shutdown(wait=True, cancel_futures=True)


def pool_pids() -> list[int]:
    """The pids of the pool's processes on this machine."""
    return _pool.pids() if isinstance(_pool, ProcessPool) else []


def _warmed(pool: ProcessPool, timeout: float) -> ProcessPool:
    try:
        pool.warm(timeout)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    return pool


def _first_of_path() -> str:
    return sys.path[0] if sys.path else ""
