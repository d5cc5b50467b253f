"""Sessions in signed cookies."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import itsdangerous
import pytest

from typhon import AppError, Request, abort, middleware, route, sessions
from typhon.testing import TestClient

SECRET = "0123456789abcdef"


@pytest.fixture
def client() -> Iterator[TestClient]:
    sessions(SECRET)

    @route("/python/visit")
    def visit(request: Request) -> Any:
        request.session["visits"] = request.session.get("visits", 0) + 1
        return dict(request.session)

    @route("/python/add")
    async def add(request: Request) -> Any:
        request.session.setdefault("cart", []).append(1)
        return request.session

    @route("/python/read")
    def read(request: Request) -> Any:
        return request.session

    @route("/python/free")
    def free(request: Request) -> str:
        return "free"

    @route("/python/logout")
    def logout(request: Request) -> None:
        request.session.clear()
        abort(410, "gone")

    with TestClient() as made:
        yield made


def test_a_session_lasts_from_request_to_request(client: TestClient) -> None:
    assert [client.get("/python/visit").json()["visits"] for _ in range(3)] == [1, 2, 3]
    assert client.get("/python/add").json() == {"visits": 3, "cart": [1]}
    assert client.get("/python/add").json() == {"visits": 3, "cart": [1, 1]}  # changed within


def test_only_a_change_sets_the_cookie(client: TestClient) -> None:
    assert "set-cookie" not in client.get("/python/read").headers
    field = client.get("/python/visit").headers["set-cookie"]
    assert "HttpOnly" in field
    assert "SameSite=Lax" in field
    assert "Max-Age=1209600" in field
    answer = client.get("/python/read")
    assert ("set-cookie" in answer.headers, answer.headers["vary"]) == (False, "Cookie")
    assert "vary" not in client.get("/python/free").headers


def test_an_emptied_session_is_forgotten_with_an_error_answer_too(client: TestClient) -> None:
    client.get("/python/visit")
    answer = client.get("/python/logout")
    assert (answer.status_code, "Max-Age=0" in answer.headers["set-cookie"]) == (410, True)
    assert client.get("/python/read").json() == {}


@pytest.mark.parametrize("value", ["", "x", "e30.x.y", "a" * 5000])
def test_a_cookie_that_is_not_ours_is_an_empty_session(client: TestClient, value: str) -> None:
    assert client.get("/python/read", headers={"Cookie": f"session={value}"}).json() == {}


def test_one_changed_letter_or_another_secret_is_an_empty_session(client: TestClient) -> None:
    client.get("/python/visit")
    text = client.cookies["session"]
    for bad in (("A" if text[0] != "A" else "B") + text[1:], "x" + text, text[:-9] + "AAAAAAAAA"):
        assert client.get("/python/read", headers={"Cookie": f"session={bad}"}).json() == {}
    other = itsdangerous.URLSafeTimedSerializer("another secret!!", salt="typhon.session")
    forged = other.dumps({"admin": True})
    assert client.get("/python/read", headers={"Cookie": f"session={forged}"}).json() == {}


def test_an_old_session_is_empty(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    client.get("/python/visit")
    now = itsdangerous.TimestampSigner(SECRET).get_timestamp()
    later = now + 14 * 86_400 + 5
    monkeypatch.setattr(itsdangerous.TimestampSigner, "get_timestamp", lambda self: later)
    assert client.get("/python/read").json() == {}


def test_a_new_secret_reads_what_the_old_one_signed(client: TestClient) -> None:
    client.get("/python/visit")
    sessions([SECRET, "fedcba9876543210"])
    assert client.get("/python/visit").json() == {"visits": 2}
    sessions("fedcba9876543210")
    assert client.get("/python/visit").json() == {"visits": 3}


def test_a_middleware_inside_may_change_it(client: TestClient) -> None:
    @middleware
    def mark(request: Request) -> Any:
        yield
        request.session["seen"] = True

    with TestClient() as made:
        made.get("/python/free")
        assert made.get("/python/read").json() == {"seen": True}


def test_a_session_too_large_for_a_cookie_is_a_500(
    client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    @route("/python/large")
    def large(request: Request) -> None:
        request.session["x"] = "y" * 5000 + "".join(map(chr, range(256, 4000)))

    with TestClient() as made:
        assert made.get("/python/large").status_code == 500
    assert "larger than the 4096 bytes" in capsys.readouterr().err


def test_what_is_missing_is_told() -> None:
    with pytest.raises(RuntimeError, match=r"typhon.sessions\(secret\)"):
        _ = Request().session
    for secret in ("short", [], [SECRET, "short"]):
        with pytest.raises(ValueError, match="16 characters"):
            sessions(secret)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "itsdangerous", None)
    with pytest.raises(AppError, match="pip install itsdangerous"):
        sessions(SECRET)
