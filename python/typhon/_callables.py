"""What calling something makes: a coroutine, an async generator, or its result at once."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

Call = Callable[..., Any]


def is_async(call: Call) -> bool:
    """Whether calling it makes a coroutine: partials and objects with an ``async def __call__``, too."""
    return inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(function_of(call))


def is_async_generator(call: Call) -> bool:
    """Whether calling it makes an async generator."""
    return inspect.isasyncgenfunction(function_of(call))


def function_of(call: Call) -> Any:
    """The function that runs when it is called: below partials, and the ``__call__`` of an object."""
    below = _below_partials(call)
    return below if inspect.isroutine(below) else getattr(type(below), "__call__", below)  # noqa: B004


def name_of(call: Any) -> str:
    """How a message calls it: "module.function"."""
    below = _below_partials(call)
    owner = below if hasattr(below, "__qualname__") else type(below)
    return f"{owner.__module__}.{owner.__qualname__}"


def settled(value: Any, call: Call, waits: Callable[[Any], bool] = inspect.iscoroutine) -> Any:
    """``value``, which ``call`` has returned where nobody awaits it.

    Raises:
        TypeError: it still waits to be awaited. A coroutine is closed.
    """
    if not waits(value):
        return value
    if inspect.iscoroutine(value):
        value.close()
    kind = type(value).__name__
    raise TypeError(f"{name_of(call)} returned a {kind}, which is not awaited here: write it as async def")


def _below_partials(call: Any) -> Any:
    while isinstance(call, functools.partial):
        call = call.func
    return call
