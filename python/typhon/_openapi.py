"""The OpenAPI 3.1 document of the routes: from patterns, annotations and docstrings."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from typhon._describe import Description, description_of
from typhon._group import app_group
from typhon._native_api import NativeApi, NativeRoute
from typhon._results_schema import error_response, responses_of
from typhon._schemas import Schema, Schemas
from typhon._signature import Parameter, is_model, parameters_of, unwrapped
from typhon._unfit import is_pydantic
from typhon.patterns import PARAMETER, parameters_in
from typhon.routing import WEBSOCKET, RouteSpec

_CONVERTERS: dict[str, Schema] = {
    "str": {"type": "string", "minLength": 1},
    "int": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
    "float": {"type": "number", "minimum": 0},
    "path": {"type": "string", "minLength": 1},
    "uuid": {"type": "string", "format": "uuid"},
}
_BESIDE_BODY = ("path", "query", "header", "cookie")


def document(
    specs: Iterable[RouteSpec], info: dict[str, Any], native: NativeApi | None = None
) -> dict[str, Any]:
    """The document.

    Args:
        specs: the routes as they were declared.
        info: its ``info``: title, version and the like.
        native: the native routes; they win over those of Python, as in the gateway.

    Raises:
        AppError: msgspec is not installed.
    """
    native = native or NativeApi()
    schemas = Schemas(native.schemas)
    paths: dict[str, dict[str, Any]] = {}
    for route in native.routes:
        paths.setdefault(_templated(route.pattern), {})[route.method.lower()] = _native(route, schemas)
    security: dict[str, Any] = {}
    for spec in specs:
        said = description_of(spec.call)
        if said.hidden or WEBSOCKET in spec.methods:
            continue
        operations = paths.setdefault(_templated(spec.pattern), {})
        for method in spec.methods:
            operations.setdefault(method.lower(), _operation(spec, method, said, schemas, security))
    _make_ids_unique(paths)
    components: dict[str, Any] = {"schemas": dict(sorted(schemas.components.items()))}
    if security:
        components["securitySchemes"] = security
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": components}


def _templated(pattern: str) -> str:
    return PARAMETER.sub(r"{\2}", pattern)


def _native(route: NativeRoute, schemas: Schemas) -> dict[str, Any]:
    """What the route says, with what its pattern says besides, and the form of its errors."""
    words = PARAMETER.sub(r"\2", route.pattern).strip("/").replace("/", ".")
    said = route.operation
    own = said.get("parameters", [])
    named = {one.get("name") for one in own if isinstance(one, dict) and one.get("in") == "path"}
    parameters = [one for one in _parameters(route.pattern, [], schemas) if one["name"] not in named] + own
    responses = {**said.get("responses", {})}
    responses.setdefault("default", error_response(schemas))
    operation = {"operationId": words or "root", **said, "responses": responses}
    return operation | ({"parameters": parameters} if parameters else {})


def _operation(
    spec: RouteSpec, method: str, said: Description, schemas: Schemas, security: dict[str, Any]
) -> dict[str, Any]:
    given = 2 if spec.wants_pool else 1
    parameters, schemes = _all_parameters(spec.call, given, spec.pattern)
    schemes = _schemes_of_hooks(spec) | schemes
    summary, description = _words(spec.call, said)
    operation: dict[str, Any] = {
        "operationId": spec.name if len(spec.methods) == 1 else f"{spec.name}.{method.lower()}",
        "summary": summary,
        "description": description,
        "tags": [*getattr(spec.router, "tags", ()), *said.tags],
        "parameters": _parameters(spec.pattern, parameters, schemas),
        "requestBody": _body(parameters, schemas),
        "responses": responses_of(spec.call, said, schemas),
        "security": [{name: []} for name in schemes],
    }
    security.update(schemes)
    return {key: value for key, value in operation.items() if value}


def _schemes_of_hooks(spec: RouteSpec) -> dict[str, Any]:
    """Those that `login_required` hooks ask for."""
    groups = [app_group, *([spec.router.group] if spec.router is not None else [])]
    hooks = [hook for group in groups for hook in group.before]
    return {name: one for hook in hooks for name, one in getattr(hook, "openapi_security", {}).items()}


def _make_ids_unique(paths: dict[str, dict[str, Any]]) -> None:
    seen: Counter[str] = Counter()
    for operation in [one for operations in paths.values() for one in operations.values()]:
        name = operation["operationId"]
        seen[name] += 1
        if seen[name] > 1:
            operation["operationId"] = f"{name}.{seen[name]}"


def _all_parameters(
    handler: Callable[..., Any], given: int, pattern: str
) -> tuple[list[Parameter], dict[str, Any]]:
    """Those of the handler and of its dependencies, and the security schemes among these."""
    found: list[Parameter] = []
    schemes: dict[str, Any] = {}
    for parameter in parameters_of(handler, given, pattern):
        if parameter.call is None:
            found.append(parameter)
            continue
        schemes.update(getattr(parameter.call, "openapi_security", {}))
        below, more = _all_parameters(parameter.call, 1, pattern)
        found += [one for one in below if one not in found]
        schemes.update(more)
    return found, schemes


def _words(handler: Callable[..., Any], said: Description) -> tuple[str, str]:
    text = inspect.getdoc(handler) if inspect.isroutine(handler) else None
    first, _, rest = (text or "").partition("\n")
    return said.summary or first, said.description or rest.strip()


def _parameters(pattern: str, declared: list[Parameter], schemas: Schemas) -> list[dict[str, Any]]:
    by_name = {one.name: one for one in declared if one.place == "path"}
    listed = []
    for name, kind in parameters_in(pattern).items():
        schema = _CONVERTERS[kind or "str"]
        typed = by_name.get(name)
        if typed is not None and typed.type not in (Any, str) and not kind:
            schema = schemas.of(typed.type) or schema
        listed.append({"name": name, "in": "path", "required": True, "schema": schema})
    others = [one for one in declared if one.place in _BESIDE_BODY and one.place != "path"]
    return listed + [_beside(one, schemas) for one in others]


def _beside(parameter: Parameter, schemas: Schemas) -> dict[str, Any]:
    schema = schemas.of(parameter.type) or {}
    if not parameter.required and parameter.default is not None:
        schema = schema | schemas.default(parameter.default)
    entry = {"name": parameter.alias, "in": parameter.place, "schema": schema}
    return entry | ({"required": True} if parameter.required else {})


def _body(declared: list[Parameter], schemas: Schemas) -> dict[str, Any] | None:
    for parameter in declared:
        if parameter.place == "body":
            content = {"application/json": {"schema": schemas.of(parameter.type) or {}}}
            return {"content": content} | ({"required": True} if parameter.required else {})
    fields = [one for one in declared if one.place in ("form", "file")]
    if not fields:
        return None
    schema = _form(fields, schemas)
    kinds = ["multipart/form-data"]
    if all(one.place == "form" for one in fields):
        kinds.append("application/x-www-form-urlencoded")
    return {"content": {kind: {"schema": schema} for kind in kinds}, "required": True}


def _form(fields: list[Parameter], schemas: Schemas) -> Schema:
    for parameter in fields:
        plain = unwrapped(parameter.type)
        if parameter.place == "form" and (is_model(plain) or is_pydantic(plain)):
            return schemas.of(plain) or {}
    required = [one.alias for one in fields if one.required]
    properties = {one.alias: schemas.of(one.type) or {} for one in fields}
    schema: Schema = {"type": "object", "properties": properties}
    return schema | ({"required": required} if required else {})
