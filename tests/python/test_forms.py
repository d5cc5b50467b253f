"""Forms: what they hold, where files go, which limits they have, and parameters that come from them."""

import os
import pickle
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
import pydantic
import pytest

from typhon import (
    AppError,
    Body,
    Form,
    FormLimits,
    HTTPError,
    Request,
    RouteError,
    Upload,
    form_limits,
    read_form,
    route,
)
from typhon._finish import finished
from typhon.routing import table
from typhon.testing import TestClient


def sent(data: Any = None, files: Any = None) -> Request:
    """The request that httpx makes of a form."""
    made = httpx.Request("POST", "http://x/", data=data, files=files)
    return Request("POST", "/python/x", data=made.read(), headers=list(made.headers.items()))


def test_a_large_file_is_on_disk_and_a_small_one_in_memory() -> None:
    form_limits(FormLimits(memory=1000))
    request = sent(files={"small": ("s", b"x" * 1000), "large": ("l", b"y" * 1001)})
    small, large = request.files["small"], request.files["large"]
    assert (small.size, large.size) == (1000, 1001)
    with pytest.raises(OSError, match="fileno"):
        small.file._file.fileno()  # type: ignore[attr-defined]
    assert os.fstat(large.file.fileno()).st_size == 1001
    assert large.data == b"y" * 1001
    assert large.file.read(2) == b"yy"


def test_an_upload_can_be_saved_once_pickled_and_compared(tmp_path: Path) -> None:
    upload = Upload("a.txt", "text/plain", b"abc")
    upload.save(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"abc"
    with pytest.raises(FileExistsError):
        upload.save(tmp_path / "a")
    assert pickle.loads(pickle.dumps(upload)) == upload
    assert upload != Upload("a.txt", "text/plain", b"abd")
    upload.close()


def test_the_body_is_parsed_once_for_form_and_files() -> None:
    request = sent(data={"a": "1"}, files={"f": ("x", b"1")})
    assert request.form == {"a": "1"}
    assert request.files["f"] is request.files["f"]
    first = request.files
    read_form(request, FormLimits())
    assert request.files is first  # the field has been read


@pytest.mark.parametrize(
    ("limits", "status", "reason"),
    [
        ({"parts": 2}, 413, "more than 2 parts"),
        ({"name_length": 3}, 400, "longer than 3 characters"),
        ({"field_size": 4}, 413, "the field 'note' is larger than 4 bytes"),
        ({"file_size": 9}, 413, "the file 'file' is larger than 9 bytes"),
    ],
)
def test_each_limit_of_a_multipart_form(limits: dict[str, int], status: int, reason: str) -> None:
    request = sent(data={"note": "12345", "more": "1"}, files={"file": ("x", b"0123456789")})
    with pytest.raises(HTTPError) as caught:
        read_form(request, FormLimits(**limits))
    assert (caught.value.status, reason in caught.value.message) == (status, True)
    read_form(request, FormLimits(parts=3, name_length=4, field_size=5, file_size=10))
    assert request.form == {"note": "12345", "more": "1"}


@pytest.mark.parametrize(
    ("limits", "status"), [({"parts": 1}, 413), ({"name_length": 3}, 400), ({"field_size": 4}, 413)]
)
def test_each_limit_of_a_urlencoded_form(limits: dict[str, int], status: int) -> None:
    request = sent(data={"note": "12345", "more": "1"})
    with pytest.raises(HTTPError) as caught:
        read_form(request, FormLimits(**limits))
    assert caught.value.status == status


def test_many_parts_are_refused_before_they_are_kept() -> None:
    part = b'--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=XX"}
    request = Request("POST", "/", data=part * 1001 + b"--XX--\r\n", headers=headers)
    with pytest.raises(HTTPError, match="413 the form has more than 1000 parts"):
        _ = request.form


def test_names_in_utf8_arrive() -> None:
    body = '--XX\r\nContent-Disposition: form-data; name="größe"; filename="ä.txt"\r\n\r\nx\r\n--XX--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=XX"}
    request = Request("POST", "/", data=body.encode(), headers=headers)
    assert request.files["größe"].filename == "ä.txt"


def test_a_multipart_form_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "python_multipart", None)
    with pytest.raises(AppError, match="a multipart form needs a package: pip install python-multipart"):
        _ = sent(files={"f": ("x", b"1")}).form


@dataclass
class Login:
    name: str
    age: int
    tags: list[str]


class User(pydantic.BaseModel):
    name: str
    age: int


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient() as made:
        yield made


@pytest.fixture
def declared() -> None:
    @route("/python/model", methods=["POST"])
    def model(request: Request, login: Annotated[Login, Form()]) -> Any:
        return [login.name, login.age, login.tags]

    @route("/python/user", methods=["POST"])
    def user(request: Request, user: Annotated[User, Form()]) -> Any:
        return [user.name, user.age]

    @route("/python/fields", methods=["POST"])
    def fields(
        request: Request,
        age: Annotated[int, Form()],
        tags: Annotated[list[int], Form("tag")] = [],  # noqa: B006
        note: Annotated[str, Form()] = "none",
    ) -> Any:
        return [age, tags, note]

    @route("/python/file", methods=["POST"])
    async def file(request: Request, photo: Upload, more: list[Upload] | None = None) -> Any:
        return [photo.filename, photo.size, len(more or [])]


@pytest.mark.usefixtures("declared")
def test_a_model_of_all_fields(client: TestClient) -> None:
    answer = client.post("/python/model", data={"name": "a", "age": "3", "tags": ["x", "y"]})
    assert answer.json() == ["a", 3, ["x", "y"]]
    answer = client.post("/python/model", data={"age": "x", "tags": "x"})
    assert [(one["place"], one["reason"]) for one in answer.json()["details"]] == [
        ("form.name", "missing"),
        ("form.age", "expected `int`, got `str`"),
    ]
    assert client.post("/python/user", data={"name": "a", "age": "3"}).json() == ["a", 3]
    answer = client.post("/python/user", data={"name": "a"})
    assert (answer.status_code, answer.json()["details"][0]["place"]) == (422, "form.age")


@pytest.mark.usefixtures("declared")
def test_single_fields_and_files(client: TestClient) -> None:
    assert client.post("/python/fields", data={"age": "3", "tag": ["1", "2"]}).json() == [3, [1, 2], "none"]
    answer = client.post("/python/fields", data={"age": "x"})
    assert (answer.status_code, answer.json()["details"][0]["place"]) == (422, "form.age")
    files = [("photo", ("p.png", b"123")), ("more", ("a", b"")), ("more", ("b", b""))]
    assert client.post("/python/file", files=files).json() == ["p.png", 3, 2]
    assert client.post("/python/file", files={"more": ("a", b"")}).status_code == 422
    assert client.post("/python/file", json={}).status_code == 415


def test_a_body_and_a_form_cannot_be_had_both() -> None:
    @route("/python/x", methods=["POST"])
    def both(request: Request, a: Annotated[int, Body()], b: Annotated[int, Form()]) -> None: ...

    with pytest.raises(RouteError, match="a JSON body or a form, not both a and b"):
        finished(table.routes())
