"""Responses, their cookies and their headers."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Any

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from typhon import HTML, JSON, AppError, Redirect, Response, Templates, Text
from typhon._request import parse_cookies
from typhon.errors import ResultError
from typhon.results import answer_of


@pytest.mark.parametrize(
    ("response", "status", "content_type", "body"),
    [
        (JSON("text"), 200, "application/json", b'"text"'),
        (JSON(None, 404), 404, "application/json", b"null"),
        (
            JSON({"a": 1}, content_type="application/problem+json"),
            200,
            "application/problem+json",
            b'{"a":1}',
        ),
        (HTML("<p>ö"), 200, "text/html; charset=utf-8", "<p>ö".encode()),
        (Text("a", 201), 201, "text/plain; charset=utf-8", b"a"),
        (Redirect("/python/x"), 303, None, b""),
    ],
)
def test_each_kind(response: Response, status: int, content_type: str | None, body: bytes) -> None:
    answer = answer_of(response)
    assert (answer.status, answer.content_type, answer.body) == (status, content_type, body)


@pytest.mark.parametrize(
    ("location", "field"),
    [
        ("/python/x?a=1&b=2#c", b"/python/x?a=1&b=2#c"),
        ("https://example.org/a%20b", b"https://example.org/a%20b"),
        ("/größe x", b"/gr%C3%B6%C3%9Fe%20x"),
        ("/a\r\nSet-Cookie: b=1", b"/a%0D%0ASet-Cookie:%20b=1"),
    ],
)
def test_a_redirect_encodes_what_an_url_cannot_hold(location: str, field: bytes) -> None:
    assert answer_of(Redirect(location, 307)).headers == [(b"Location", field)]


def test_a_redirect_has_no_other_status() -> None:
    with pytest.raises(ValueError, match="301, 302, 303, 307 or 308"):
        Redirect("/", 200)


def cookie(**attributes: Any) -> str:
    response = Response()
    response.set_cookie("a", "1", **attributes)
    return response.headers["set-cookie"]


def test_a_cookie_has_safe_defaults_and_every_attribute() -> None:
    assert cookie() == "a=1; Path=/; SameSite=Lax"
    moment = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    full = cookie(
        max_age=dt.timedelta(hours=1).total_seconds(),
        expires=moment,
        path="/python",
        domain="example.org",
        secure=True,
        httponly=True,
        samesite="none",
        partitioned=True,
    )
    assert full == (
        "a=1; Max-Age=3600; Expires=Fri, 02 Jan 2026 02:04:05 GMT; Path=/python; Domain=example.org; "
        "SameSite=None; Secure; HttpOnly; Partitioned"
    )
    assert cookie(samesite=None, path=None) == "a=1"


def test_several_cookies_are_several_fields_and_one_can_be_deleted() -> None:
    response = Response()
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    response.delete_cookie("c", path="/x")
    response.delete_cookie("__Host-d")
    fields = [value.decode() for _, value in answer_of(response).headers]
    assert [field.partition("=")[0] for field in fields] == ["a", "b", "c", "__Host-d"]
    assert "Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/x" in fields[2]
    assert "Secure" in fields[3]


@pytest.mark.parametrize(
    "options",
    [
        {"name": "a b"},
        {"name": ""},
        {"value": "a;b"},
        {"value": "a\r\nX: y"},
        {"value": "ö"},
        {"value": 'a"b'},
        {"path": "/;x"},
        {"domain": "a\nb"},
        {"samesite": "None"},
        {"samesite": "none"},
        {"partitioned": True},
    ],
)
def test_what_no_cookie_can_be_is_refused(options: dict[str, Any]) -> None:
    name = options.pop("name", "a")
    with pytest.raises(ValueError):
        Response().set_cookie(name, **options)


@given(name=st.text(max_size=10), value=st.text(max_size=10))
def test_a_cookie_that_is_not_refused_is_read_back(name: str, value: str) -> None:
    response = Response()
    try:
        response.set_cookie(name, value)
    except ValueError:
        return
    pair, *_ = response.headers["set-cookie"].split("; ")
    assert parse_cookies(pair) == {name: value}


def test_headers_are_found_in_any_case_and_may_be_changed() -> None:
    response = Response("x", headers={"X-A": "1"})
    response.headers["x-a"] = "2"
    response.headers.add("X-B", "3")
    response.headers.add("x-b", "4")
    assert (response.headers["X-A"], response.headers.getlist("X-B")) == ("2", ["3", "4"])
    assert (list(response.headers), len(response.headers)) == (["x-a", "x-b"], 2)
    del response.headers["X-B"]
    assert "x-b" not in response.headers
    with pytest.raises(KeyError):
        del response.headers["X-B"]
    assert answer_of(response).headers == [(b"x-a", b"2")]


def test_headers_that_are_none_are_a_result_error() -> None:
    response = Response("x", headers=["X-A: 1"])  # type: ignore[list-item]
    with pytest.raises(ResultError):
        _ = response.headers
    with pytest.raises(ResultError):
        answer_of(response)


@pytest.fixture
def templates(tmp_path: Path) -> Templates:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "a.html").write_text("<p>{{ site }}: {{ name }}")
    return Templates("pages", module=str(tmp_path / "app.py"), values={"site": "S"})


def test_a_template_is_a_page_with_its_values_escaped(templates: Templates) -> None:
    answer = answer_of(templates.page("a.html", status=404, name="<b>"))
    assert (answer.status, answer.content_type) == (404, "text/html; charset=utf-8")
    assert answer.body == b"<p>S: &lt;b&gt;"


def test_a_template_that_misses_a_value_or_leaves_its_directory_is_an_error(templates: Templates) -> None:
    with pytest.raises(jinja2.UndefinedError, match="name"):
        templates.text("a.html")
    with pytest.raises(jinja2.TemplateNotFound):
        templates.text("../app.py")


def test_templates_without_jinja_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(AppError, match="Templates needs a package: pip install jinja2"):
        Templates("x")
