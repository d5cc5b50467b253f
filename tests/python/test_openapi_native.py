"""The description of an API has the native routes, too."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest

from typhon import (
    Request,
    route,
)
from typhon._native_api import use as use_native_api


class Part(msgspec.Struct):
    """A part."""

    name: str
    price: Annotated[float, msgspec.Meta(ge=0)] = 1.5


@pytest.fixture
def native_api(tmp_path: Path) -> Iterator[Callable[[str | None], None]]:
    """``native_api(text)`` is what the gateway has left in its file; None: there is no file."""

    def leave(text: str | None) -> None:
        path = tmp_path / "native-api.json"
        if text is not None:
            path.write_text(text)
        use_native_api(str(path))

    yield leave
    use_native_api("")


NATIVE = {
    "routes": [
        {
            "method": "PUT",
            "pattern": "/native/items/<int:id>/<path:rest>",
            "operation": {
                "summary": "Native.",
                "parameters": [
                    {"name": "rest", "in": "path", "required": True, "schema": {"type": "string"}}
                ],
                "responses": {"200": {"description": "x"}, "default": {"description": "mine"}},
            },
        },
        {"method": "GET", "pattern": "/python/both", "operation": {"operationId": "own"}},
        {"method": "GET", "pattern": "/", "operation": {}},
    ],
    "schemas": {"Part": {"type": "integer"}},
}


def test_native_routes_are_described_beside_those_of_python(document: Any, native_api: Any) -> None:
    @route("/python/both", methods=["GET", "POST"])
    def both(request: Request, part: Part) -> None: ...

    native_api(json.dumps(NATIVE))
    found = document()
    put = found["paths"]["/native/items/{id}/{rest}"]["put"]
    assert (put["summary"], put["operationId"]) == ("Native.", "native.items.id.rest")
    assert [one["name"] for one in put["parameters"]] == ["id", "rest"]
    assert put["parameters"][0]["schema"]["type"] == "integer"
    assert put["responses"]["default"] == {"description": "mine"}
    operations = found["paths"]["/python/both"]
    assert operations["get"]["operationId"] == "own"  # the native route answers
    assert set(operations["get"]["responses"]) == {"default"}
    reference = operations["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    assert reference != "#/components/schemas/Part"  # which is the native one
    assert found["components"]["schemas"]["Part"] == {"type": "integer"}
    assert found["paths"]["/"]["get"]["operationId"] == "root"


@pytest.mark.parametrize("text", ["{", "{}", '{"routes": [{"name": 1}], "schemas": {}}', None])
def test_a_file_of_native_routes_that_is_lost_costs_them_alone(
    document: Any, native_api: Any, capsys: pytest.CaptureFixture[str], text: str | None
) -> None:
    native_api(text)
    assert document()["paths"] == {}
    assert capsys.readouterr().err.startswith("[error] the API description is without native routes: ")
