"""The one place where tests wait: for a condition, with a deadline."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import TypeVar

ResultT = TypeVar("ResultT")

# How many times longer everything may take than in the usual build: sanitizers slow programs down.
PATIENCE = float(os.environ.get("TYPHON_TEST_PATIENCE", "1"))
LONG_S = 60.0 * PATIENCE
POLL_S = 0.01


def wait_for(condition: Callable[[], ResultT | None], what: str, seconds: float = LONG_S) -> ResultT:
    """The first true result of ``condition``; fails the test when there is none within ``seconds``.

    Under a sanitizer they are that many times PATIENCE, as far as LONG_S.
    """
    seconds = min(seconds * PATIENCE, LONG_S)
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        threading.Event().wait(POLL_S)
