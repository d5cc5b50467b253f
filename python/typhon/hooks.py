"""What surrounds all handlers of an application, and what runs when its workers start and end.

Routes without any hook are called as if this module did not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from typhon import _lifetime
from typhon._group import app_group, checked_hook, checked_key, checked_middleware

HookT = TypeVar("HookT", bound=Callable[..., Any])


@overload
def on_startup(hook: HookT, /) -> HookT: ...
@overload
def on_startup(*, timeout: float = 30.0) -> Callable[[HookT], HookT]: ...
def on_startup(hook: Any = None, /, *, timeout: float = 30.0) -> Any:
    """Has ``f()``, plain or async, run in every worker, before it serves.

    What it raises, or more than ``timeout`` seconds, fails the start of the worker.
    """
    return _lifetime.startup.declare(hook, timeout)


@overload
def on_shutdown(hook: HookT, /) -> HookT: ...
@overload
def on_shutdown(*, timeout: float = 5.0) -> Callable[[HookT], HookT]: ...
def on_shutdown(hook: Any = None, /, *, timeout: float = 5.0) -> Any:
    """Has ``f()``, plain or async, run in every worker that ends in order, when it has answered everything.

    The last one declared runs first. After ``timeout`` seconds the end goes on without it.
    """
    return _lifetime.shutdown.declare(hook, timeout)


def before_request(hook: HookT) -> HookT:
    """Has ``f(request)`` called before each handler; what it returns, unless None, is the answer."""
    app_group.before.append(checked_hook(hook, 1, "a before_request hook is f(request)"))
    return hook


def after_request(hook: HookT) -> HookT:
    """Has ``f(request, response)`` called after each handler; it may return another response.

    The last one declared runs first. Answers of `HTTPError` and of error handlers pass through it, too.
    """
    app_group.after.append(checked_hook(hook, 2, "an after_request hook is f(request, response)"))
    return hook


def error_handler(key: type[BaseException] | int) -> Callable[[HookT], HookT]:
    """Has ``f(request, error)`` make the answer to an exception of a type, or an `HTTPError` of a status.

    Raises:
        RouteError: ``key`` is neither.
    """
    checked = checked_key(key)

    def decorate(hook: HookT) -> HookT:
        app_group.errors[checked] = checked_hook(hook, 2, "an error handler is f(request, error)")
        return hook

    return decorate


def middleware(hook: HookT) -> HookT:
    """Has ``f(request, call_next)`` called around each handler, or a generator function ``f(request)``.

    The first one declared is the outermost. The generator yields once, and gets the response from that; it
    suits plain and async handlers alike.
    """
    app_group.middleware.append(checked_middleware(hook))
    return hook
