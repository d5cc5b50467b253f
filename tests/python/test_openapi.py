"""The description of an API: what it says of each declaration, and that it is valid OpenAPI 3.1."""

import sys
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import pydantic
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from _support import EXAMPLE_APP
from typhon import (
    HTML,
    AppError,
    Body,
    Depends,
    Form,
    Header,
    Request,
    Router,
    Upload,
    describe,
    openapi,
    route,
)
from typhon.testing import TestClient


class Part(msgspec.Struct):
    """A part."""

    name: str
    price: Annotated[float, msgspec.Meta(ge=0)] = 1.5


@dataclass
class Login:
    name: str
    age: int


class User(pydantic.BaseModel):
    name: str
    parts: list["Nested"] = []


class Nested(pydantic.BaseModel):
    number: int


Document = dict[str, Any]


def test_a_status_without_a_phrase_can_be_described(document: Any) -> None:
    @route("/python/x")
    @describe(responses={499: None})
    def left(request: Request) -> None: ...

    responses = document()["paths"]["/python/x"]["get"]["responses"]
    assert responses["499"] == {"description": "error"}


def test_an_operation_says_what_its_handler_declares(document: Any) -> None:
    router = Router("/python/shops", tags=["shops"])

    @router.route("/<int:shop>/parts/<key>", methods=["PUT"])
    @describe(tags=["parts"], responses={201: Part, 404: None})
    def put(
        request: Request, shop: int, key: str, part: Part, notify: bool = False, tags: list[str] | None = None
    ) -> Any:
        """Keeps a part.

        The old one is lost.
        """

    found = document()
    assert found["info"] == {"title": "Shop", "version": "2", "description": "Sells *cups*."}
    operation = found["paths"]["/python/shops/{shop}/parts/{key}"]["put"]
    assert (operation["summary"], operation["description"]) == ("Keeps a part.", "The old one is lost.")
    assert operation["tags"] == ["shops", "parts"]
    assert operation["operationId"].endswith("put")
    places = {one["name"]: (one["in"], one.get("required", False)) for one in operation["parameters"]}
    assert places == {
        "shop": ("path", True),
        "key": ("path", True),
        "notify": ("query", False),
        "tags": ("query", False),
    }
    schemas = {one["name"]: one["schema"] for one in operation["parameters"]}
    assert schemas["shop"]["type"] == "integer"
    assert schemas["notify"] == {"type": "boolean", "default": False}
    assert operation["requestBody"] == {
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Part"}}},
        "required": True,
    }
    assert set(operation["responses"]) == {"201", "404", "default"}
    assert found["components"]["schemas"]["Part"]["properties"]["price"]["minimum"] == 0


@pytest.mark.parametrize(
    ("kind", "status", "content"),
    [
        (Part, "200", {"application/json": {"schema": {"$ref": "#/components/schemas/Part"}}}),
        (dict[str, int], "200", "application/json"),
        ("Future[list[int]]", "200", "application/json"),
        (User, "200", "application/json"),
        (tuple[Part, int], "2XX", "application/json"),
        (str, "200", "text/plain"),
        (HTML, "200", "text/html"),
        (bytes, "200", "application/octet-stream"),
        (None, "204", None),
        (Any, "2XX", None),
        (complex, "2XX", None),
    ],
)
def test_the_annotation_of_the_result_is_the_answer(
    document: Any, kind: Any, status: str, content: Any
) -> None:
    annotation = Future[list[int]] if isinstance(kind, str) else kind

    def handler(request: Request) -> annotation: ...  # type: ignore[valid-type]

    route("/python/x")(handler)
    responses = document()["paths"]["/python/x"]["get"]["responses"]
    assert set(responses) == {status, "default"}
    found = responses[status].get("content")
    if isinstance(content, str):
        assert list(found) == [content]
    else:
        assert found == content


def test_forms_files_headers_and_dependencies(document: Any) -> None:
    def token(request: Request, x_token: Annotated[str, Header()]) -> str:
        return x_token

    @route("/python/file", methods=["POST"])
    def file(
        request: Request,
        photo: Upload,
        title: Annotated[str, Form()] = "",
        who: Annotated[str, Depends(token)] = "",
    ) -> None: ...

    @route("/python/login", methods=["POST"])
    def login(request: Request, login: Annotated[Login, Form()]) -> None: ...

    @route("/python/numbers", methods=["POST"])
    def numbers(request: Request, numbers: Annotated[list[int], Body()] = []) -> None: ...  # noqa: B006

    found = document()
    operation = found["paths"]["/python/file"]["post"]
    assert operation["parameters"] == [
        {"name": "x-token", "in": "header", "required": True, "schema": {"type": "string"}}
    ]
    schema = operation["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert schema["required"] == ["photo"]
    assert set(schema["properties"]) == {"photo", "title"}
    content = found["paths"]["/python/login"]["post"]["requestBody"]["content"]
    assert content["application/x-www-form-urlencoded"]["schema"] == {"$ref": "#/components/schemas/Login"}
    assert "required" not in found["paths"]["/python/numbers"]["post"]["requestBody"]


def test_two_types_of_one_name_have_a_schema_each(document: Any) -> None:
    first, second = Part, msgspec.defstruct("Part", [("other", int)])
    third = pydantic.create_model("Part", more=(int, ...))
    for number, kind in enumerate((first, second, third, second)):

        def handler(request: Request, part: kind) -> kind: ...  # type: ignore[valid-type]

        route(f"/python/{number}", methods=["POST"], name=f"n{number}")(handler)

    found = document()
    names = [
        found["paths"][f"/python/{number}"]["post"]["requestBody"]["content"]["application/json"]["schema"]
        for number in range(4)
    ]
    assert names[1] == names[3]
    assert len({one["$ref"] for one in names}) == 3
    assert len(found["components"]["schemas"]) == 4  # with that of errors


def test_models_within_models_are_components(document: Any) -> None:
    @route("/python/user", methods=["POST"])
    def user(request: Request, user: User) -> list[User]: ...  # type: ignore[empty-body]

    assert {"User", "Nested"} <= set(document()["components"]["schemas"])


def test_several_methods_are_several_operations_and_hidden_ones_are_left_out(document: Any) -> None:
    @route("/python/x", methods=["GET", "POST"])
    def both(request: Request) -> None: ...

    @route("/python/secret")
    @describe(hidden=True)
    def secret(request: Request) -> None: ...

    found = document()
    assert list(found["paths"]) == ["/python/x"]
    ids = {one["operationId"] for one in found["paths"]["/python/x"].values()}
    assert len(ids) == 2


def test_the_page_needs_nothing_from_elsewhere(document: Any) -> None:
    openapi("A <b>title</b>")
    with TestClient() as client:
        page = client.get("/docs")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "A &lt;b&gt;title" in page.text
        assert "//" not in page.text.replace("<!doctype", "")
        assert "SwaggerUIBundle" in client.get("/docs/swagger-ui-bundle.js").text
        assert client.get("/docs/swagger-ui.css").headers["content-type"] == "text/css"
        assert client.get("/docs/swagger-editor.js").status_code == 404
        assert client.get("/python/docs").text == page.text
        assert client.get("/python/openapi.json").status_code == 200


@pytest.mark.parametrize(
    ("module", "reason"),
    [("msgspec", "pip install msgspec"), ("swagger_ui", "pip install swagger-ui-py")],
)
def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, module: str, reason: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(AppError, match=reason):
        openapi("x")


def test_the_example_application_has_a_valid_description() -> None:
    with TestClient(EXAMPLE_APP) as client:
        found = client.get("/openapi.json").json()
    OpenAPIV31SpecValidator(found).validate()
    assert "/python/users/{user_id}" in found["paths"]
