"""What an application wants done when a worker starts and ends, and the state that lives between."""

from __future__ import annotations

import asyncio
import threading

import pytest

from typhon import (
    _lifetime,
    on_shutdown,
    on_startup,
    route,
    state,
)
from typhon.errors import AppError
from typhon.testing import TestClient


def test_startup_and_shutdown_hooks_run_once_in_order_and_back() -> None:
    seen: list[str] = []

    @on_startup
    def first() -> None:
        seen.append("first")
        state.number = 7

    @on_startup(timeout=5)
    async def second() -> None:
        await asyncio.sleep(0)
        seen.append("second")

    on_shutdown(lambda: seen.append("close first"))

    @on_shutdown
    async def close_second() -> None:
        seen.append("close second")

    route("/python/x")(lambda request: state.number)
    assert _lifetime.needs_loop()
    with TestClient() as made:
        assert made.get("/python/x").json() == 7
    assert seen == ["first", "second", "close second", "close first"]


def test_a_startup_hook_that_fails_or_hangs_stops_the_start() -> None:
    release = threading.Event()
    on_startup(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        _lifetime.run_startup(None)
    _lifetime.clear()
    on_startup(timeout=0.05)(release.wait)
    with pytest.raises(AppError, match=r"the startup hook .*wait took more than 0.05 s"):
        _lifetime.run_startup(None)
    release.set()


def test_a_shutdown_hook_that_fails_or_hangs_is_reported_and_the_others_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    seen: list[int] = []
    release = threading.Event()
    on_shutdown(lambda: seen.append(1))
    on_shutdown(lambda: 1 / 0)
    on_shutdown(timeout=0.05)(release.wait)
    _lifetime.run_shutdown(None)
    assert seen == []  # there was no start
    _lifetime.run_startup(None)
    _lifetime.run_shutdown(None)
    release.set()
    text = capsys.readouterr().err
    assert seen == [1]
    assert "ZeroDivisionError" in text
    assert "took more than 0.05 s" in text


def test_a_state_that_is_not_set_says_where_to_set_it() -> None:
    with pytest.raises(AttributeError, match="@on_startup"):
        _ = state.never_set
