"""What all pools of this package share as executors."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from typing import Any

from typhon._pool_task import run_chunk


class MappingExecutor(Executor):
    """An executor whose `map` lets several values travel together."""

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
        results = super().map(run_chunk, itertools.repeat(fn), chunks, timeout=timeout)
        return itertools.chain.from_iterable(results)
