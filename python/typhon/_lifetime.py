"""Runs what an application wants done when a worker starts and ends, each within its time."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from typhon import _background, _log
from typhon._callables import is_async, name_of, settled
from typhon._group import checked_hook
from typhon.errors import AppError


class Loop(Protocol):
    """Where coroutines run."""

    def submit(self, coroutine: Coroutine[Any, Any, Any]) -> Future[Any]: ...


@dataclass(frozen=True, slots=True)
class _Hook:
    call: Callable[[], Any]
    timeout: float


class Hooks:
    """The hooks of one moment, in the order of their declaration."""

    def __init__(self, moment: str) -> None:
        self.moment = moment
        self.hooks: list[_Hook] = []

    def declare(self, hook: Any, timeout: float) -> Any:
        """Adds a hook and returns it; without one, the decorator that does so."""

        def decorate(hook: Any) -> Any:
            self.hooks.append(_Hook(checked_hook(hook, 0, f"a {self.moment} hook is f()"), timeout))
            return hook

        return decorate if hook is None else decorate(hook)


startup = Hooks("startup")
shutdown = Hooks("shutdown")
_started = False

LEFT_S = 5.0  # without a worker, which knows


def clear() -> None:
    """Forgets every hook."""
    global _started
    startup.hooks.clear()
    shutdown.hooks.clear()
    _started = False


def needs_loop() -> bool:
    """Whether a hook is a coroutine function."""
    return any(is_async(hook.call) for hook in [*startup.hooks, *shutdown.hooks])


def run_startup(loop: Loop | None) -> None:
    """Runs the startup hooks, in order. Blocks.

    Raises:
        AppError: one took too long.
        BaseException: what one raised.
    """
    global _started
    for hook in startup.hooks:
        _run(hook, loop, "startup")
    _started = True


def run_shutdown(loop: Loop | None, left_s: float = LEFT_S) -> None:
    """Ends what goes on after its answer, then runs the shutdown hooks, last one first. Blocks.

    What hooks raise is reported. They run when the startup was complete.

    Args:
        loop: where coroutines run.
        left_s: seconds until the worker is killed if it has not ended.
    """
    global _started
    if loop is not None:
        _background.end(loop.submit, left_s)
    hooks: Iterable[_Hook] = reversed(shutdown.hooks) if _started else ()
    _started = False
    for hook in hooks:
        try:
            _run(hook, loop, "shutdown")
        except BaseException as error:
            detail = str(error) if isinstance(error, AppError) else traceback.format_exc().rstrip()
            _log.write(f"[error] shutdown hook {name_of(hook.call)}: {detail}")


def _run(hook: _Hook, loop: Loop | None, moment: str) -> None:
    future = loop.submit(hook.call()) if loop is not None and is_async(hook.call) else _on_thread(hook.call)
    try:
        future.result(hook.timeout)
    except TimeoutError:
        if future.done():
            raise
        raise AppError(f"the {moment} hook {name_of(hook.call)} took more than {hook.timeout:g} s") from None


def _on_thread(call: Callable[[], Any]) -> Future[Any]:
    """A plain function cannot be interrupted: it is left alone when its time is over."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(settled(call(), call))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name=f"typhon-{name_of(call)}", daemon=True).start()
    return future
