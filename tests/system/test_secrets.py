"""What clients send stays out of the log, what goes wrong out of answers, and no client writes a log line."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from harness.raw import Answer, exchange
from harness.server import Server
from harness.starter import Starter
from harness.waiting import wait_for

FORGED = "2026-01-01 00:00:00.000 [gateway 1] info: forged by a client"
# Percent-encoded: a line break with a line of its own, ESC, NUL's neighbour, C1, U+2028, U+202E.
HOSTILE = "x%0D%0A" + FORGED.replace(" ", "%20") + "%0A%1B%5B2J%01%C2%9B%E2%80%A8%E2%80%AEend"
SECRETS = {
    "Authorization": "Bearer secret-of-authorization",
    "Proxy-Authorization": "Basic secret-of-proxy",
    "Cookie": "session=secret-of-cookie",
    "X-Api-Key": "secret-of-key",
}
QUERY = "token=secret-of-query"
BODY = b'{"password": "secret-of-body"'  # not even JSON
PYTHON = ("fails", "fails-in-pool", "async-fails", "logs", "unencodable", "splits", "aborts", "nowhere")
LEAKS = re.compile(
    r"Traceback|File \"|\.py\b|0x[0-9a-f]{6}|/tmp/|/home/|the-password|Error\b|object at|environ"
)


@pytest.fixture(params=["info", "trace"])
def server(start: Starter, request: pytest.FixtureRequest) -> Server:
    """With a log as usual, and with one that tells all."""
    server = start(start.app("leaky"), log_level=request.param, max_head="4K", request_timeout="3s")
    server.log.allow(r"^\[error\] request", r"cannot be sent")
    return server


def ask(server: Server, path: str, method: str = "GET") -> httpx.Response:
    """With a secret in each place where clients have them."""
    url = f"http://user:secret-of-user@127.0.0.1:{server.port}{path}?{QUERY}"
    return httpx.request(method, url, headers=SECRETS, content=BODY if method == "POST" else None, timeout=30)


def broken(server: Server) -> Iterator[Answer]:
    """Requests that are refused before any handler, secrets in them."""
    fields = "".join(f"{name}: {value}\r\n" for name, value in SECRETS.items())
    for line, more in [
        (f"GET /native/hello?{QUERY} HTTP/1.1\r\n", "Content-Length: x\r\n"),
        (f"GET /native/hello?{QUERY} HTTP/9.9\r\n", ""),
        (f"G\x01T /native/hello?{QUERY} HTTP/1.1\r\n", ""),
        (f"GET /../../etc/passwd?{QUERY} HTTP/1.1\r\n", ""),
        (f"GET /a%00b?{QUERY} HTTP/1.1\r\n", ""),
        (f"POST /native/echo?{QUERY} HTTP/1.1\r\n", "Transfer-Encoding: secret-of-coding\r\n"),
        (f"GET /native/hello?{QUERY} HTTP/1.1\r\n", f"X: {'secret-of-large' * 400}\r\n"),
        (f"GET /{'secret-of-path' * 1000}?{QUERY} HTTP/1.1\r\n", ""),
    ]:
        yield exchange(server.port, f"{line}Host: x\r\n{fields}{more}\r\n")


def test_secrets_of_clients_are_in_no_log_line_and_no_answer(server: Server) -> None:
    for word in PYTHON:
        answer = ask(server, f"/python/{word}/thing")
        assert "secret" not in answer.text
    for path, method in [("/native/hello", "GET"), ("/nowhere", "GET"), ("/python/reads-json", "POST")]:
        assert "secret" not in ask(server, path, method).text
    for refusal in broken(server):
        assert refusal.status >= 400
        assert b"secret" not in refusal.body
    assert server.reload().returncode == 0
    assert server.stop() == 0
    assert "secret-of" not in server.log


def test_errors_tell_clients_nothing_of_the_server(server: Server) -> None:
    """No traceback, path, type, address or value: one sentence and the request's id."""
    for word in PYTHON:
        answer = ask(server, f"/python/{word}/thing")
        if answer.status_code >= 400:
            assert set(answer.json()) == {"error", "request_id"}
        assert not LEAKS.search(answer.text), answer.text
        assert not LEAKS.search(str(answer.headers)), answer.headers
    for refusal in broken(server):
        assert not LEAKS.search(refusal.body.decode())
    answer = ask(server, "/python/reads-json", "POST")
    assert answer.status_code == 400
    assert not LEAKS.search(answer.text)


def test_no_client_can_write_a_line_of_the_log(server: Server) -> None:
    for word in PYTHON:
        ask(server, f"/python/{word}/{HOSTILE}")
    ask(server, f"/native/{HOSTILE}")
    wait_for(lambda: server.log.text().count("no such thing") >= 3, "the failures are logged")
    text = server.log.text()
    assert not re.search(f"^{re.escape(FORGED)}", text, re.MULTILINE)
    assert not [c for c in text if (ord(c) < 0x20 and c not in "\n\t") or c in "\x7f\x9b\u2028\u202e"]
    assert "\\x1b[2J" in text
    lines = [line for line in text.splitlines() if "forged by a client" in line]
    assert lines
    assert all(line.startswith("  ") or FORGED not in line[: len(FORGED)] for line in lines)


def test_debug_is_what_shows_tracebacks(start: Starter) -> None:
    server = start(start.app("leaky"), debug=True)
    server.log.allow(r"^\[error\] request")
    assert "Traceback" in ask(server, "/python/fails/thing").json()["traceback"]


# ---- request ids ----

GOOD = ["a", "order-66", "7f9c24e5-2b1d-4f5a_.Z", "x" * 64]
BAD = ["", "x" * 65, "a b", "a/../b", "<script>", 'a"b', "a;b", "caf\xe9", "a,b"]


@pytest.mark.parametrize("identifier", GOOD)
def test_a_request_id_that_is_a_plain_word_names_the_request(start: Starter, identifier: str) -> None:
    """To handlers, in the errors of gateway and framework, and in the log."""
    server = start(start.app("leaky"))
    server.log.allow(r"^\[error\] request")
    headers = {"X-Request-Id": identifier}
    assert server.client.get("/python/id", headers=headers).json() == {"id": identifier, "field": identifier}
    for path in ("/nowhere", "/python/nowhere", "/python/fails/x", "/python/async-id", "/python/aborts/x"):
        assert server.client.get(path, headers=headers).json()["request_id"] == identifier, path
    assert server.log.text().count(f"[error] request {identifier} GET") == 2


@pytest.mark.parametrize("identifier", BAD)
def test_any_other_is_left_out_and_a_fresh_one_is_made(start: Starter, identifier: str) -> None:
    server = start(start.app("leaky"))
    fields = f"Host: x\r\nX-Request-Id: {identifier}\r\n"
    for path in ("/python/id", "/nowhere"):
        answer = exchange(server.port, f"GET {path} HTTP/1.1\r\n{fields}\r\n").json
        assert re.fullmatch("[0-9a-f]{16}", answer.get("id") or answer["request_id"])
        assert answer.get("field") is None
    twice = f"GET /python/id HTTP/1.1\r\n{fields}X-Request-Id: good\r\n\r\n"
    assert re.fullmatch("[0-9a-f]{16}", exchange(server.port, twice).json["id"])


def test_a_request_that_hangs_is_told_under_its_own_name(start: Starter) -> None:
    source = (
        "import threading\nfrom typhon import route\n"
        "@route('/python/hangs', timeout=0.3)\ndef hangs(request):\n    threading.Event().wait(60)\n"
    )
    server = start(start.app(hangs=source), hang_grace="300ms", threads=2)
    server.log.allow("hangs|past its deadline|stacks of all threads")
    answer = server.client.get("/python/hangs", headers={"X-Request-Id": "order-66"})
    assert (answer.status_code, answer.json()["request_id"]) == (504, "order-66")
    wait_for(lambda: "request order-66 of /python/hangs" in server.log, "the gateway names it")
    wait_for(lambda: "hangs.hangs, request order-66, for" in server.log, "the stacks name it")
