"""How the value of each kind of parameter is taken from a request.

A getter returns the value, or raises `Unfit` with what is wrong with this one parameter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from typhon import _form_sources, _json
from typhon._defaults import filler_of
from typhon._optional import need
from typhon._request import is_json
from typhon._signature import Parameter, is_list, type_text
from typhon._unfit import Getter, Unfit, is_pydantic, pydantic_faults
from typhon.errors import HTTPError, RouteError

JSON_TYPES = frozenset({"application/json", "application/json; charset=utf-8"})
MAX_SEARCHED = 256 * 1024  # bytes of a body that is looked at again for all of its faults
_AS_GIVEN = {"int": int, "float": float, "str": str, "path": str, "uuid": str}


def getter_of(parameter: Parameter, converter: str = "str") -> Getter:
    """The getter of a parameter that is no dependency.

    Args:
        parameter: the parameter.
        converter: that of a path parameter: "int".

    Raises:
        AppError: it needs a package that is not installed.
        RouteError: its type cannot be decoded.
    """
    if parameter.place == "path":
        return _path_getter(parameter, converter)
    if parameter.place == "body":
        return _body_getter(parameter)
    if parameter.place == "form":
        return _form_sources.field_getter(parameter)
    if parameter.place == "file":
        return _form_sources.file_getter(parameter)
    return _text_getter(parameter)


def _path_getter(parameter: Parameter, converter: str) -> Getter:
    name = parameter.name
    if parameter.type in (Any, _AS_GIVEN[converter]):
        return lambda request: request.path_params[name]
    convert = _converter(parameter, f"path.{name}")
    return lambda request: convert(request.path_params[name])


def _text_getter(parameter: Parameter) -> Getter:
    fetch = _fetcher(parameter)
    place = f"{parameter.place}.{parameter.alias}"
    convert = None if parameter.type is str else _converter(parameter, place)
    required, default = parameter.required, parameter.default

    def get(request: Any) -> Any:
        text = fetch(request)
        if text is not None:
            return text if convert is None else convert(text)
        if required:
            raise Unfit([{"place": place, "reason": "missing"}])
        return default

    return get


def _fetcher(parameter: Parameter) -> Getter:
    """What reads the text, or the list of texts; None when there is none."""
    alias = parameter.alias
    if parameter.place == "cookie":
        return lambda request: request.cookies.get(alias)
    field = "headers" if parameter.place == "header" else "query_params"
    if is_list(parameter.type):
        return lambda request: getattr(request, field).getlist(alias) or None
    if parameter.place == "header":
        return lambda request: request.headers.get(alias)
    return lambda request: request.query_params.get(alias)


def _converter(parameter: Parameter, place: str) -> Callable[[Any], Any]:
    msgspec = need("msgspec", "msgspec", f"the typed parameter {parameter.name}")
    faults = need("typhon._faults", "msgspec", "a typed parameter")
    kind = parameter.type

    def convert(text: Any) -> Any:
        try:
            return msgspec.convert(text, kind, strict=False)
        except msgspec.ValidationError as error:
            raise Unfit([faults.fault_of(error, place)]) from None

    return convert


def _body_getter(parameter: Parameter) -> Getter:
    decode = _pydantic_decoder(parameter) if is_pydantic(parameter.type) else _msgspec_decoder(parameter)
    required, default = parameter.required, parameter.default

    def get(request: Any) -> Any:
        data = request.data
        if not data:
            if required:
                raise Unfit([{"place": "body", "reason": "missing"}])
            return default
        kind = request.content_type
        if kind not in JSON_TYPES and not is_json(kind):
            raise HTTPError(415, "send the body as application/json")
        return decode(data)

    return get


def _msgspec_decoder(parameter: Parameter) -> Callable[[bytes], Any]:
    msgspec = need("msgspec", "msgspec", f"the typed body {parameter.name}")
    faults = need("typhon._faults", "msgspec", "a typed body")
    kind = parameter.type
    decode = _checked_decoder(msgspec, parameter)

    def checked(data: bytes) -> Any:
        try:
            return decode(data)
        except msgspec.ValidationError as error:
            value = _json.decode(data)
            found = faults.faults_of(value, kind, "body") if len(data) <= MAX_SEARCHED else []
            raise Unfit(found or [faults.fault_of(error, "body")]) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            _json.decode(data)
            raise HTTPError(400, "the body is not valid JSON") from None

    return checked


def _checked_decoder(msgspec: Any, parameter: Parameter) -> Callable[[bytes], Any]:
    """The decoder of a type that msgspec knows.

    Raises:
        RouteError: it knows no such type.
    """
    kind = parameter.type
    try:
        known = not isinstance(msgspec.inspect.type_info(kind), msgspec.inspect.CustomType)
        decode: Callable[[bytes], Any] = msgspec.json.Decoder(kind).decode
    except TypeError as error:
        raise RouteError(f"{parameter.name}: {error}") from None
    if not known:
        raise RouteError(f"{parameter.name}: {type_text(kind)} is no type that a JSON body can have")
    fill = filler_of(kind)
    return decode if fill is None else _filled(decode, fill)


def _filled(decode: Callable[[bytes], Any], fill: Callable[[Any], None]) -> Callable[[bytes], Any]:
    def decode_all(data: bytes) -> Any:
        value = decode(data)
        fill(value)
        return value

    return decode_all


def _pydantic_decoder(parameter: Parameter) -> Callable[[bytes], Any]:
    pydantic = need("pydantic", "pydantic", f"the typed body {parameter.name}")
    validate = pydantic.TypeAdapter(parameter.type).validate_json

    def checked(data: bytes) -> Any:
        try:
            return validate(data)
        except pydantic.ValidationError as error:
            _json.decode(data)
            raise Unfit(pydantic_faults(error, "body")) from None

    return checked
