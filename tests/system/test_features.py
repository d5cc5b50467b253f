"""What handlers declare beyond f(request), through the real worker."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from harness.server import Server


def faults(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422
    assert set(answer.json()) == {"error", "request_id", "details"}
    return {fault["place"]: fault["reason"] for fault in answer.json()["details"]}


def test_path_body_and_query_are_arguments(features: Server) -> None:
    answer = features.client.post("/python/typed/7?notify=true", json={"name": "cup", "price": 2})
    assert (answer.status_code, answer.json()) == (201, {"shop": 7, "part": "cup", "notify": True})


def test_each_fault_is_told(features: Server) -> None:
    answer = features.client.post("/python/typed/7?notify=maybe", json={"price": "x"})
    assert list(faults(answer)) == ["body.name", "body.price", "query.notify"]


def test_a_coroutine_with_a_pydantic_model(features: Server) -> None:
    answer = features.client.post("/python/typed/later", json={"name": "ada", "age": 36})
    assert answer.json() == {"name": "ada", "age": 36}
    assert list(faults(features.client.post("/python/typed/later", json={"name": "ada"}))) == ["body.age"]


def test_a_pool_handler_with_a_parameter(features: Server) -> None:
    assert features.client.get("/python/typed/pool?number=-4").json() == 4
    assert faults(features.client.get("/python/typed/pool")) == {"query.number": "missing"}


def test_a_body_that_is_no_json_is_a_400_and_another_type_a_415(features: Server) -> None:
    headers = {"Content-Type": "application/json"}
    assert features.client.post("/python/typed/7", content=b"{", headers=headers).status_code == 400
    assert features.client.post("/python/typed/7", content=b"{}").status_code == 415


def test_a_dependency(features: Server) -> None:
    headers = {"X-Token": "t", "Content-Type": "text/x"}
    assert features.client.get("/python/typed/me", headers=headers).json() == {"token": "t", "type": "text/x"}
    assert features.client.get("/python/typed/me").status_code == 401


@pytest.mark.parametrize("kind", ["plain", "later"])
def test_the_current_request_is_that_of_its_handler(features: Server, kind: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        paths = [f"/python/current/{kind}"] * 50
        answers = list(threads.map(lambda path: features.client.get(path).json(), paths))
    assert answers == [{"same": True}] * 50


def test_a_template_of_the_application(features: Server) -> None:
    answer = features.client.get("/python/answers/page", params={"name": "<b>"})
    assert (answer.headers["content-type"], answer.text.strip()) == (
        "text/html; charset=utf-8",
        "<p>&lt;b&gt;</p>",
    )


def test_cookies_and_a_redirect_through_a_browser_like_client(features: Server) -> None:
    answer = features.client.get("/python/answers/login")
    assert (answer.status_code, answer.headers["location"]) == (303, "/python/answers/who?gr%C3%B6%C3%9Fe=1")
    assert len(answer.headers.get_list("set-cookie")) == 2
    followed = features.client.get("/python/answers/who")
    assert followed.text == "[('theme', 'dark'), ('token', 't1')]"
    assert features.client.get("/python/answers/who").text == "[('token', 't1')]"
    features.client.cookies.clear()


@pytest.mark.parametrize(("size", "disk"), [(10, False), (2_000_000, True)])
def test_an_upload_arrives_in_memory_or_on_disk(features: Server, size: int, disk: bool) -> None:
    files = {"file": ("a.bin", b"\x01" * size)}
    answer = features.client.post("/python/uploads", files=files, data={"note": "größe"})
    assert answer.json() == {"name": "a.bin", "size": size, "sum": size, "disk": disk, "note": "größe"}


def test_an_upload_above_the_limit_is_a_413(features: Server) -> None:
    answer = features.client.post("/python/uploads", files={"file": ("a.bin", b"x" * 3_000_001)})
    assert (answer.status_code, set(answer.json())) == (413, {"error", "request_id"})
    assert faults(features.client.post("/python/uploads", data={"note": "x"})) == {"form.file": "missing"}


def test_a_session_lasts_over_requests_and_workers(features: Server) -> None:
    visits = [features.client.get("/python/session/visit").json()["visits"] for _ in range(5)]
    assert visits == [1, 2, 3, 4, 5]
    features.client.cookies.clear()
    assert features.client.get("/python/session/visit").json() == {"visits": 1}
    features.client.cookies.clear()


def test_basic_authentication(features: Server) -> None:
    assert features.client.get("/python/session/who", auth=("ada", "pw")).json() == {"user": "ada"}
    answer = features.client.get("/python/session/who", auth=("ada", "x"))
    assert (answer.status_code, "Basic" in answer.headers["www-authenticate"]) == (401, True)
