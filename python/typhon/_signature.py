"""The parameters of a handler beyond ``request`` (and ``pool``): where each comes from, of which type.

`check_signature` runs when a handler is decorated, `parameters_of` when everything has been imported, so that
annotations may name what is defined later.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import functools
import inspect
import types
import typing
import uuid
from collections.abc import Callable, Collection
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from typhon.errors import RouteError
from typhon.parameters import Body, Cookie, Depends, Form, Header, Query
from typhon.patterns import parameters_in
from typhon.uploads import Upload

Place = Literal["path", "query", "header", "cookie", "body", "form", "file", "dependency"]
MISSING = inspect.Parameter.empty

_MARKS: dict[type, Place] = {
    Query: "query",
    Header: "header",
    Cookie: "cookie",
    Body: "body",
    Form: "form",
    Depends: "dependency",
}
_TIMES = (dt.datetime, dt.date, dt.time, dt.timedelta)
_SCALARS = (str, int, float, bool, enum.Enum, uuid.UUID, decimal.Decimal, *_TIMES)
_LISTS = (list, set, frozenset, tuple)
_ORDINARY = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter that the framework fills in.

    Attributes:
        name: in Python.
        place: where its value comes from.
        alias: its name there.
        type: its annotation, Annotated included; Any when it has none.
        default: `MISSING` when a request must give it.
        call: the function of a dependency.
    """

    name: str
    place: Place
    alias: str
    type: Any
    default: Any = MISSING
    call: Callable[..., Any] | None = None

    @property
    def required(self) -> bool:
        """Whether a request without it is refused."""
        return self.default is MISSING


def check_signature(handler: Callable[..., Any], wants_pool: bool, pattern: str) -> None:
    """Refuses a function that cannot be called with a request, and a parameter that nothing describes.

    Raises:
        RouteError: in one sentence.
    """
    if not callable(handler):
        raise RouteError(f"@route decorates a function, not {type(handler).__name__}")
    try:
        signature = inspect.signature(handler)
    except (TypeError, ValueError):
        return  # a callable that does not tell its signature
    given = 2 if wants_pool else 1
    known = {name: None for name in _beyond(signature, given) if _is_described(signature, name, pattern)}
    if _accepts(signature, given, known):
        return
    expected = "f(request, pool)" if wants_pool else "f(request)"
    wanted = not wants_pool and _accepts(signature, 2, {})
    hint = "; use_process_pool=True gives it the pool" if wanted else ""
    also = "" if hint else ", further parameters need an annotation or a name of the path"
    raise RouteError(f"a handler is {expected}{also}; this one takes {signature}{hint}")


def parameters_of(handler: Callable[..., Any], given: int, pattern: str = "") -> list[Parameter]:
    """What is to be filled in when ``handler`` is called with ``given`` positional arguments.

    Args:
        handler: a handler, or the function of a dependency.
        given: 1 for the request, 2 for request and pool.
        pattern: the path, whose names are path parameters.

    Raises:
        RouteError: an annotation that cannot be resolved, or has no place in a request.
    """
    try:
        signature = inspect.signature(handler)
    except (TypeError, ValueError):
        return []
    names = [name for name in _beyond(signature, given) if _is_described(signature, name, pattern)]
    if not names:
        return []
    hints = _hints(handler)
    in_path = parameters_in(pattern)
    found = [_parameter(signature.parameters[name], hints.get(name, Any), in_path) for name in names]
    bodies = [parameter.name for parameter in found if parameter.place == "body"]
    forms = [parameter.name for parameter in found if parameter.place in ("form", "file")]
    if bodies and forms:
        raise RouteError(f"a request has a JSON body or a form, not both {bodies[0]} and {forms[0]}")
    if len(bodies) > 1:
        raise RouteError(f"only one parameter can be the body, not {' and '.join(bodies)}")
    return found


def unwrapped(annotation: Any) -> Any:
    """The type below Annotated."""
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def is_list(annotation: Any) -> bool:
    """Whether several values of a name make one parameter; ``list[int] | None`` too."""
    return any((get_origin(option) or option) in _LISTS for option in _options(annotation))


def is_scalar(annotation: Any) -> bool:
    """Whether a text of a query, a header or a path can be such a value."""
    return all(_is_scalar_option(option) for option in _options(annotation))


def _is_scalar_option(option: Any) -> bool:
    origin = get_origin(option)
    if option in (None, types.NoneType, Any) or origin is Literal:
        return True
    if (origin or option) in _LISTS:
        return all(is_scalar(item) for item in get_args(option) if item is not Ellipsis)
    return isinstance(option, type) and issubclass(option, _SCALARS)


def _options(annotation: Any) -> list[Any]:
    plain = unwrapped(annotation)
    if get_origin(plain) in (Union, types.UnionType):
        return [option for part in get_args(plain) for option in _options(part)]
    return [plain]


def _item_types(annotation: Any) -> list[Any]:
    """What the lists of an annotation hold."""
    lists = [option for option in _options(annotation) if get_origin(option) in _LISTS]
    return [item for option in lists for item in get_args(option)]


def _parameter(declared: inspect.Parameter, annotation: Any, in_path: Collection[str]) -> Parameter:
    name, default = declared.name, declared.default
    mark = _mark(annotation, default)
    if isinstance(mark, Depends):
        return Parameter(name, "dependency", name, annotation, call=mark.call)
    if type(default) in _MARKS:
        raise RouteError(f"write {name}: Annotated[type, {default!r}], not as its default")
    if mark is None and name in in_path:
        return Parameter(name, "path", name, annotation)
    place = _place(name, annotation, mark)
    alias = getattr(mark, "name", None) or (name.replace("_", "-") if place == "header" else name)
    return Parameter(name, place, alias, annotation, default)


def _mark(annotation: Any, default: Any) -> Any:
    if isinstance(default, Depends):
        return default
    extras = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    return next((extra for extra in extras if type(extra) in _MARKS), None)


def _place(name: str, annotation: Any, mark: Any) -> Place:
    plain = unwrapped(annotation)
    if isinstance(plain, type) and issubclass(plain, Executor):
        raise RouteError(f"{name} is the pool: use_process_pool=True gives it, as the second argument")
    place = _MARKS.get(type(mark))
    if Upload in _options(annotation) or Upload in _item_types(annotation):
        return "file"
    if place is None:
        return "query" if is_scalar(annotation) else "body"
    if place not in ("body", "form") and not is_scalar(annotation):
        raise RouteError(f"{name} comes from the {place}, which cannot give a {type_text(annotation)}")
    return place


def type_text(annotation: Any) -> str:
    """The name of a type, for a message."""
    plain = unwrapped(annotation)
    return getattr(plain, "__name__", str(plain))


def _beyond(signature: inspect.Signature, given: int) -> list[str]:
    """Names of the parameters that ``given`` positional arguments do not reach."""
    ordinary = [one for one in signature.parameters.values() if one.kind in _ORDINARY]
    positional = [one for one in signature.parameters.values() if one.kind == one.POSITIONAL_ONLY]
    reached = max(given - len(positional), 0)
    flexible = [one.name for one in ordinary if one.kind == one.POSITIONAL_OR_KEYWORD]
    return [one.name for one in ordinary if one.name not in flexible[:reached]]


def _is_described(signature: inspect.Signature, name: str, pattern: str) -> bool:
    declared = signature.parameters[name]
    if name in parameters_in(pattern) or isinstance(declared.default, Depends):
        return True
    is_pool = name == "pool" and declared.default is MISSING
    return declared.annotation is not MISSING and not is_pool


def _accepts(signature: inspect.Signature, count: int, named: dict[str, None]) -> bool:
    try:
        signature.bind(*[None] * count, **named)
    except TypeError:
        return False
    return True


def _hints(handler: Callable[..., Any]) -> dict[str, Any]:
    while isinstance(handler, functools.partial):
        handler = handler.func
    try:
        return typing.get_type_hints(inspect.unwrap(_annotated(handler)), include_extras=True)
    except Exception as error:
        raise RouteError(f"an annotation cannot be resolved: {error}") from None


def _annotated(handler: Any) -> Any:
    """What holds the annotations of its parameters: itself, or the method that calling it runs."""
    if inspect.isroutine(handler):
        return handler
    is_class = isinstance(handler, type)
    if not is_class:
        return type(handler).__call__
    return handler.__new__ if handler.__init__ is object.__init__ else handler.__init__


def is_model(kind: Any) -> bool:
    """Whether ``kind`` is a class with fields: a msgspec.Struct, a dataclass or a TypedDict."""
    if not isinstance(kind, type):
        return False
    return dataclasses.is_dataclass(kind) or hasattr(kind, "__struct_fields__") or typing.is_typeddict(kind)
