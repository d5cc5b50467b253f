"""Exceptions as answers and as log entries."""

from __future__ import annotations

import concurrent.futures
import json
import sys

import pytest

from typhon import AppError, HTTPError, PoolProcessDied, Request
from typhon._runtime import convert_exception, format_start_error

ID = "00000000000000aa"


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


def test_an_http_error_is_its_own_answer_and_not_logged(
    request_: Request, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = convert_exception(HTTPError(429, "slow down", {"Retry-After": "5"}), request_, False)
    assert answer[:3] == (429, "application/json", [(b"Retry-After", b"5")])
    assert json.loads(answer[3]) == {"error": "slow down", "request_id": ID}
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("error", [ValueError("secret"), SystemExit(3), KeyboardInterrupt(), MemoryError()])
def test_any_other_exception_is_a_500_that_tells_the_client_nothing(
    request_: Request, capsys: pytest.CaptureFixture[str], error: BaseException
) -> None:
    answer = convert_exception(raised(error), request_, False)
    assert answer[0] == 500
    assert json.loads(answer[3]) == {"error": "internal error", "request_id": ID}
    log = capsys.readouterr().err
    assert log.startswith(f"[error] request {ID} GET /python/thing: Traceback")
    assert type(error).__name__ in log
    assert log.count("Traceback") == 1


def test_debug_shows_the_traceback_to_the_client(request_: Request) -> None:
    body = json.loads(convert_exception(raised(ValueError("why")), request_, True)[3])
    assert body["error"] == "internal error"
    assert "ValueError: why" in body["traceback"]


def test_a_dead_pool_process_is_a_502(request_: Request, capsys: pytest.CaptureFixture[str]) -> None:
    answer = convert_exception(PoolProcessDied("gone"), request_, False)
    assert answer[0] == 502
    assert "pool process died" in json.loads(answer[3])["error"]
    assert "PoolProcessDied" in capsys.readouterr().err


def test_a_cancelled_task_is_a_503(request_: Request) -> None:
    answer = convert_exception(concurrent.futures.CancelledError(), request_, False)
    assert answer[:3] == (503, "application/json", [(b"Retry-After", b"1")])


def test_a_bad_header_of_an_error_is_left_out_and_logged(
    request_: Request, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = convert_exception(HTTPError(400, "no", {"X": "a\nb"}), request_, False)
    assert answer[:3] == (400, "application/json", [])
    assert "line break" in capsys.readouterr().err


def test_a_closed_standard_error_does_not_cost_the_answer(
    request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert convert_exception(ValueError(), request_, False)[0] == 500


def test_a_start_error_of_ours_is_one_sentence() -> None:
    assert format_start_error(raised(AppError("the directory is missing"))) == "the directory is missing"


def test_another_start_error_is_a_traceback() -> None:
    text = format_start_error(raised(ZeroDivisionError("x")))
    assert text.startswith("Traceback (most recent call last):")
    assert text.endswith("ZeroDivisionError: x")


def test_a_browser_reads_the_traceback_as_a_page_in_debug_mode_only() -> None:
    headers = {"Accept": "text/html,*/*"}
    request = Request("GET", "/python/x", route="/python/<b>", headers=headers)
    error = ValueError("<script>")
    answer = convert_exception(error, request, True)
    assert (answer.status, answer.content_type) == (500, "text/html; charset=utf-8")
    assert b"<h1>ValueError: &lt;script&gt;</h1>" in answer.body
    assert b"<script>" not in answer.body
    assert convert_exception(error, request).content_type == "application/json"
    assert convert_exception(error, Request(), True).content_type == "application/json"
