"""An application that does not import stops its workers, not the gateway."""

from __future__ import annotations

import socket

import pytest

from harness.server import Server
from harness.starter import Starter
from harness.waiting import wait_for
from harness.websocket import handshake

START_FAILED = 7

GOOD = """
from typhon import route

@route("/python/repaired")
def repaired(request): return {"repaired": True}
"""
BROKEN = "import no_such_package_anywhere\n"

EXPECTED = (r"] (error|critical): ", r"^Traceback", r"^\[error\]")


def failed(start: Starter, source: str) -> Server:
    server = start.launch(start.app(broken=source))
    server.log.allow(*EXPECTED)
    server.wait_state("failed")
    return server


def test_native_routes_serve_and_python_routes_answer_503(start: Starter) -> None:
    server = failed(start, BROKEN)
    assert server.client.get("/native/hello").status_code == 200
    answer = server.client.get("/python/repaired")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert set(answer.json()) == {"error", "request_id"}


def test_the_traceback_is_in_the_status_and_in_the_log(start: Starter) -> None:
    server = failed(start, BROKEN)
    for text in (str(server.status()["last_error"]), server.log.text(), server.command("status").stdout):
        assert "no_such_package_anywhere" in text
        assert "broken.py" in text


def test_the_traceback_is_in_the_log_once(start: Starter) -> None:
    """However many workers fail, and however often they try again."""
    server = start.launch(start.app(broken=BROKEN), workers=2)
    server.log.allow(*EXPECTED)
    wait_for(lambda: server.log.text().count("this worker cannot start") >= 3, "a second try")
    assert server.log.text().count("ModuleNotFoundError") == 1


def test_a_repaired_file_brings_python_back(start: Starter) -> None:
    server = failed(start, BROKEN)
    (server.app / "broken.py").write_text(GOOD)
    server.wait_ready()
    assert server.client.get("/python/repaired").json() == {"repaired": True}


def test_a_reload_brings_a_repaired_file_back(start: Starter) -> None:
    server = failed(start, BROKEN)
    (server.app / "broken.py").write_text(GOOD)
    done = server.reload()
    assert done.returncode == 0, done.stderr
    assert server.client.get("/python/repaired").json() == {"repaired": True}


def test_a_request_that_waits_for_the_first_worker_is_answered_503_when_it_fails(start: Starter) -> None:
    server = start.launch(start.app(broken="import time\ntime.sleep(1)\n" + BROKEN))
    server.log.allow(*EXPECTED)
    wait_for(lambda: server.command("status").returncode == 0, "the gateway answers")
    assert server.client.get("/python/anything").status_code == 503


@pytest.mark.parametrize("what", ["a handshake", "a large upload"])
def test_what_depends_on_the_routes_is_told_to_come_again(start: Starter, what: str) -> None:
    """Which paths have a WebSocket, or take a large body, no worker has told yet."""
    server = failed(start, BROKEN)
    length = f"POST /python/echo HTTP/1.1\r\nHost: x\r\nContent-Length: {1 << 30}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", server.port), 30) as client:
        client.sendall(handshake("/python/echo") if what == "a handshake" else length)
        head = client.recv(65536).lower()
    assert b" 503 " in head
    assert b"\r\nretry-after: " in head


def test_fail_fast_ends_the_start_with_its_own_code(start: Starter) -> None:
    server = start.launch(start.app(broken=BROKEN), fail_fast=True)
    server.log.allow(*EXPECTED)
    assert server.wait_exit() == START_FAILED
    assert "no_such_package_anywhere" in server.log


DUPLICATES = GOOD + GOOD.replace("def repaired", "def again")


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        (DUPLICATES, ["two handlers for GET /python/repaired", "broken.py:4", "broken.py:9"]),
        (GOOD.replace("repaired", "<num:x>", 1), ['unknown converter "num"', "broken.py:4"]),
        (GOOD.replace("/python/", "/other/"), ["must start with /python/", "broken.py:4"]),
        (GOOD.replace("(request)", "()"), ["a handler is f(request)", "broken.py:4"]),
        ("def f(:\n", ["SyntaxError", "broken.py"]),
        ("import sys\nsys.exit(0)\n", ["sys.exit(0)", "broken"]),
        ("raise KeyboardInterrupt\n", ["KeyboardInterrupt", "broken.py"]),
        (GOOD + "\ndef init_worker(): ...\n1 / 0\n", ["ZeroDivisionError", "broken.py"]),
    ],
    ids=["duplicate", "converter", "prefix", "signature", "syntax", "exit", "interrupt", "error"],
)
def test_the_reason_names_file_and_fault(start: Starter, source: str, texts: list[str]) -> None:
    server = failed(start, source)
    reason = str(server.status()["last_error"])
    for text in texts:
        assert text in reason


def test_a_failed_init_worker_of_the_pool_is_told(start: Starter) -> None:
    app = start.app(endpoints=GOOD, pool_workers="def init_worker():\n    raise OSError('no model')\n")
    server = start.launch(app)
    server.log.allow(*EXPECTED)
    server.wait_state("failed")
    assert "OSError: no model" in str(server.status()["last_error"])


def test_an_import_that_crashes_the_process_is_survived(start: Starter) -> None:
    server = start.launch(start.app(broken="import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n"))
    server.log.allow(*EXPECTED, r"^Fatal Python error")
    server.wait_state("failed")
    assert server.client.get("/native/hello").status_code == 200
    assert server.client.get("/python/x").status_code == 503
