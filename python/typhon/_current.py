"""Which request is being served here: for code far below a handler that was not handed it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from typhon._native import Request

try:
    import _typhon

    _of_this_thread: Callable[[], Any] = _typhon.current_request
except ImportError:
    _of_this_thread = lambda: None  # noqa: E731


_served: ContextVar[Any] = ContextVar("typhon.request", default=None)

enter = _served.set
leave = _served.reset


def request_or_none() -> Any:
    """The request that the code which calls this serves; None when there is none."""
    return _served.get() or _of_this_thread()


def current_request() -> Request:
    """The request that the code which calls this serves.

    Found in coroutines, in the tasks that they make, and on the thread of a plain handler.

    Raises:
        RuntimeError: there is none.
    """
    request = request_or_none()
    if request is None:
        raise RuntimeError("no request is being served here")
    found: Request = request
    return found


@contextmanager
def serving(request: Any) -> Iterator[None]:
    """Notes the request in this context."""
    token = enter(request)
    try:
        yield
    finally:
        leave(token)
