"""The hooks of an application, or of a group of its routes, in the order of their declaration."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from typhon._callables import is_async_generator, name_of
from typhon.errors import RouteError

Hook = Callable[..., Any]
ErrorKey = type[BaseException] | int


@dataclass
class Group:
    """What surrounds handlers.

    Attributes:
        before: called with the request; what is not None is the answer, and the handler is not called.
        after: called with request and response; may change the response, or return another one.
        middleware: each surrounds those declared later, and the handler.
        errors: an exception's type or a status, and the function that makes its answer.
    """

    before: list[Hook] = field(default_factory=list)
    after: list[Hook] = field(default_factory=list)
    middleware: list[Hook] = field(default_factory=list)
    errors: dict[ErrorKey, Hook] = field(default_factory=dict)

    def clear(self) -> None:
        """Forgets everything."""
        for part in (self.before, self.after, self.middleware, self.errors):
            part.clear()

    def __bool__(self) -> bool:
        return bool(self.before or self.after or self.middleware or self.errors)


app_group = Group()


def checked_key(key: Any) -> ErrorKey:
    """The key of an error handler.

    Raises:
        RouteError: it is neither an exception's type nor an error status.
    """
    if isinstance(key, type) and issubclass(key, BaseException):
        return key
    if isinstance(key, int) and not isinstance(key, bool) and 400 <= key <= 599:
        return key
    raise RouteError(f"error_handler takes an exception's type or a status from 400 to 599, not {key!r}")


def checked_hook(hook: Any, count: int, what: str) -> Any:
    """The hook.

    Raises:
        RouteError: it cannot be called with ``count`` arguments.
    """
    try:
        inspect.signature(hook).bind(*[None] * count)
    except (TypeError, ValueError):
        raise RouteError(f"{what}; this one is {name_of(hook)}") from None
    return hook


def checked_middleware(hook: Any) -> Any:
    """The middleware.

    Raises:
        RouteError: it is neither ``f(request, call_next)`` nor a generator function ``f(request)``.
    """
    what = "a middleware is f(request, call_next), or a generator function f(request) that yields once"
    if is_async_generator(hook):
        raise RouteError(f"{what}; this one is an async generator: write async def f(request, call_next)")
    return checked_hook(hook, 1 if inspect.isgeneratorfunction(hook) else 2, what)
