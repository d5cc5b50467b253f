"""JSON Schemas of Python types for an OpenAPI document: msgspec's and pydantic's, with shared components."""

from __future__ import annotations

import itertools
import types
from typing import Annotated, Any, get_args, get_origin

from typhon._optional import need
from typhon._unfit import is_pydantic
from typhon.uploads import Upload

REFERENCE = "#/components/schemas/{name}"
FILE = {"type": "string", "contentMediaType": "application/octet-stream"}

Schema = dict[str, Any]


class Schemas:
    """The schemas of one document. What a type needs besides is kept in `components`.

    Args:
        given: components that are there already, and keep their names.
    """

    def __init__(self, given: dict[str, Schema] | None = None) -> None:
        self.components: dict[str, Schema] = dict(given or {})
        self._msgspec = need("msgspec", "msgspec", "the API description")
        self._originals: dict[str, Schema] = dict(self.components)  # before anything was renamed

    def of(self, kind: Any) -> Schema | None:
        """The schema of a type; None when it has none."""
        if kind is Any:
            return {}
        if kind in (None, types.NoneType):
            return {"type": "null"}
        if self._is_file(kind):
            return FILE if kind is Upload else {"type": "array", "items": FILE}
        try:
            return self._pydantic(kind) if is_pydantic(kind) else self._of_msgspec(kind)
        except TypeError:
            return None

    def default(self, value: Any) -> Schema:
        """The ``default`` of a parameter, when JSON can say it."""
        try:
            return {"default": self._msgspec.to_builtins(value)}
        except TypeError:
            return {}

    def _of_msgspec(self, kind: Any) -> Schema:
        (schema,), found = self._msgspec.json.schema_components([kind], ref_template=REFERENCE)
        return self._keep(found, schema)

    def _pydantic(self, kind: Any) -> Schema:
        pydantic = need("pydantic", "pydantic", "the API description")
        template = REFERENCE.replace("{name}", "{model}")
        schema: Schema = pydantic.TypeAdapter(kind).json_schema(ref_template=template)
        found = schema.pop("$defs", {})
        if schema.get("type") == "object" and isinstance(kind, type):
            return self._keep(found | {kind.__name__: schema}, {"$ref": _reference(kind.__name__)})
        return self._keep(found, schema)

    def _keep(self, found: dict[str, Schema], schema: Schema) -> Schema:
        """``schema`` with its components kept, under other names where two types have the same one."""
        names = {name: self._free_name(name, one) for name, one in found.items()}
        for name, one in found.items():
            self._originals[names[name]] = one
            self.components[names[name]] = _renamed(one, names)
        renamed: Schema = _renamed(schema, names)
        return renamed

    def _free_name(self, name: str, schema: Schema) -> str:
        for number in itertools.count(2):
            if self._originals.get(name, schema) == schema:
                break
            name = f"{name.rstrip('0123456789')}{number}"
        return name

    def _is_file(self, kind: Any) -> bool:
        plain = get_args(kind)[0] if get_origin(kind) is Annotated else kind
        return plain is Upload or any(self._is_file(part) for part in get_args(plain))


def _reference(name: str) -> str:
    return REFERENCE.format(name=name)


def _renamed(value: Any, names: dict[str, str]) -> Any:
    """A schema whose references follow the names."""
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    renamed = {key: _renamed(item, names) for key, item in value.items()}
    for name, new in names.items():
        if renamed.get("$ref") == _reference(name):
            return renamed | {"$ref": _reference(new)}
    return renamed
