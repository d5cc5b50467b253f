"""Makes a handler with declared parameters callable as ``f(request)``, or ``f(request, pool)``.

Everything is decided once, when the application has been imported; a handler without such parameters is not
wrapped at all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from typhon._callables import is_async as _is_async
from typhon._callables import settled
from typhon._signature import Parameter, parameters_of
from typhon._sources import getter_of
from typhon._unfit import Getter, Unfit
from typhon.errors import RouteError, ValidationError
from typhon.patterns import parameters_in

_CACHE = "_typhon_dependencies"

Plan = list[tuple[str, Getter]]


def filled_in(handler: Callable[..., Any], is_async: bool, given: int, pattern: str) -> Callable[..., Any]:
    """``handler`` itself when it declares no parameters, else a function that takes them from the request.

    Args:
        handler: what the application wrote.
        is_async: whether it is a coroutine function; a dependency may be one then, too.
        given: 1 for the request, 2 for request and pool.
        pattern: the path.

    Raises:
        RouteError: a parameter that cannot work.
        AppError: a package is missing.
    """
    parameters = parameters_of(handler, given, pattern)
    if not parameters:
        return handler
    # Dependencies come first: who may not call the handler learns nothing of its parameters.
    parameters.sort(key=lambda parameter: parameter.place != "dependency")
    converters = parameters_in(pattern)
    plan = [(one.name, _getter(one, pattern, converters)) for one in parameters]
    waiting = {one.name for one in parameters if one.call is not None and _is_async(one.call)}
    if not waiting:
        return _sync_call(handler, plan)
    if not is_async:
        raise RouteError(
            f"{waiting.pop()} depends on a coroutine function, so the handler must be async, too"
        )
    return _async_call(handler, plan, waiting)


def _sync_call(handler: Callable[..., Any], plan: Plan) -> Callable[..., Any]:
    def call(request: Any, *pool: Any) -> Any:
        try:
            values = {name: get(request) for name, get in plan}
        except Unfit:
            raise ValidationError(_all_faults(plan, request)) from None
        return handler(request, *pool, **values)

    return call


def _async_call(handler: Callable[..., Any], plan: Plan, waiting: set[str]) -> Callable[..., Any]:
    rest = [(name, get) for name, get in plan if name not in waiting]
    first = [(name, get) for name, get in plan if name in waiting]

    async def call(request: Any, *pool: Any) -> Any:
        awaited = {name: await get(request) for name, get in first}
        try:
            values = {name: get(request) for name, get in rest}
        except Unfit:
            raise ValidationError(_all_faults(rest, request)) from None
        return await handler(request, *pool, **awaited, **values)

    return call


def _all_faults(plan: Plan, request: Any) -> list[dict[str, str]]:
    faults: list[dict[str, str]] = []
    for _, get in plan:
        try:
            get(request)
        except Unfit as unfit:
            faults += unfit.faults
    return faults


def _getter(parameter: Parameter, pattern: str, converters: dict[str, str]) -> Getter:
    if parameter.call is None:
        return getter_of(parameter, converters.get(parameter.name) or "str")
    call = filled_in(parameter.call, _is_async(parameter.call), 1, pattern)
    if _is_async(parameter.call):
        return _once_async(parameter.call, call)
    return _once(parameter.call, call)


def _key(dependency: Callable[..., Any]) -> Any:
    """What its value is kept under: itself, or its identity when it cannot be hashed.

    The getter has a reference to it, so no other object gets that identity.
    """
    try:
        hash(dependency)
    except TypeError:
        return id(dependency)
    return dependency


def _once(dependency: Callable[..., Any], call: Callable[..., Any]) -> Getter:
    key = _key(dependency)

    def get(request: Any) -> Any:
        cache = request.__dict__.setdefault(_CACHE, {})
        if key not in cache:
            cache[key] = settled(call(request), dependency)
        return cache[key]

    return get


def _once_async(dependency: Callable[..., Any], call: Callable[..., Any]) -> Getter:
    key = _key(dependency)

    async def get(request: Any) -> Any:
        cache = request.__dict__.setdefault(_CACHE, {})
        if key not in cache:
            cache[key] = await call(request)
        return cache[key]

    return get
