"""How parameters are taken from a form: single fields, models of all fields, and files."""

from __future__ import annotations

import typing
from collections.abc import Callable
from typing import Any

from typhon._defaults import filler_of
from typhon._optional import need
from typhon._request import FORM_TYPE, MULTIPART_TYPE, media_type
from typhon._signature import Parameter, is_list, is_model, unwrapped
from typhon._unfit import Getter, Unfit, is_pydantic, pydantic_faults
from typhon.errors import HTTPError


def file_getter(parameter: Parameter) -> Getter:
    """The upload of a name, or all uploads of it."""
    several = is_list(parameter.type)

    def fetch(request: Any) -> Any:
        _check_type(request)
        files = request.files
        return (files.getlist(parameter.alias) or None) if several else files.get(parameter.alias)

    return _or_default(parameter, "form", fetch, lambda value: value)


def field_getter(parameter: Parameter) -> Getter:
    """A field, the list of the fields of a name, or a model of all fields."""
    plain = unwrapped(parameter.type)
    if is_pydantic(plain) or is_model(plain):
        return _model_getter(parameter, plain)
    several = is_list(parameter.type)

    def fetch(request: Any) -> Any:
        _check_type(request)
        form = request.form
        return (form.getlist(parameter.alias) or None) if several else form.get(parameter.alias)

    if parameter.type is str:
        return _or_default(parameter, "form", fetch, lambda value: value)
    return _or_default(parameter, "form", fetch, _converter(parameter, f"form.{parameter.alias}"))


def _model_getter(parameter: Parameter, model: Any) -> Getter:
    hints = typing.get_type_hints(model, include_extras=True)
    lists = {name for name, hint in hints.items() if is_list(hint)}
    convert = _pydantic(model) if is_pydantic(model) else _converter(parameter, "form")

    def get(request: Any) -> Any:
        _check_type(request)
        form = request.form
        return convert({name: form.getlist(name) if name in lists else form[name] for name in form})

    return get


def _or_default(parameter: Parameter, place: str, fetch: Getter, convert: Callable[[Any], Any]) -> Getter:
    def get(request: Any) -> Any:
        value = fetch(request)
        if value is not None:
            return convert(value)
        if parameter.required:
            raise Unfit([{"place": f"{place}.{parameter.alias}", "reason": "missing"}])
        return parameter.default

    return get


def _converter(parameter: Parameter, place: str) -> Callable[[Any], Any]:
    msgspec = need("msgspec", "msgspec", f"the typed parameter {parameter.name}")
    faults = need("typhon._faults", "msgspec", "a typed parameter")
    kind = parameter.type
    fill = filler_of(kind) or (lambda _: None)

    def convert(value: Any) -> Any:
        try:
            converted = msgspec.convert(value, kind, strict=False)
            fill(converted)
            return converted
        except msgspec.ValidationError:
            raise Unfit(faults.faults_of(value, kind, place, strict=False)) from None

    return convert


def _pydantic(model: Any) -> Callable[[Any], Any]:
    pydantic = need("pydantic", "pydantic", "a typed form")
    validate = pydantic.TypeAdapter(model).validate_python

    def convert(value: Any) -> Any:
        try:
            return validate(value)
        except pydantic.ValidationError as error:
            raise Unfit(pydantic_faults(error, "form")) from None

    return convert


def _check_type(request: Any) -> None:
    if media_type(request.content_type) not in (FORM_TYPE, MULTIPART_TYPE):
        raise HTTPError(415, f"send a form, as {MULTIPART_TYPE} or {FORM_TYPE}")
