"""What handlers print and log is in the gateway's log, line by line, with worker and request."""

from __future__ import annotations

import re

import pytest

from harness.server import Server
from harness.starter import Starter
from harness.waiting import wait_for

APP = """
import asyncio, logging, os, subprocess, sys, threading, time
from typhon import route, on_startup

log = logging.getLogger('shop')

@on_startup
def begin():
    print('startup printed')

@route('/python/thread/<word>')
def thread(request):
    print('thread printed', request.path_params['word'])
    log.info('thread logged')
    log.debug('thread debug')
    return 'done'

@route('/python/async/<word>')
async def coroutine(request):
    print('async begun,', end=' ')
    await asyncio.gather(helper(), asyncio.to_thread(print, 'async to thread'))
    print('async printed')
    return 'done'

async def helper():
    log.warning('async helper logged')

def task(word):
    print('pool printed', word)
    log.info('pool logged')
    sys.stdout.write('pool begun')
    return os.getpid()

@route('/python/pool/<word>', use_process_pool=True)
def pool(request, pool):
    return pool.submit(task, request.path_params['word'])

@route('/python/stream')
def stream(request):
    for number in range(2):
        print('piece', number)
        yield b'x'

@route('/python/bytes')
def bytes_(request):
    sys.stdout.buffer.write(b'caf\\xc3\\xa9 \\xff\\x1b[2J\\n')
    sys.stdout.buffer.flush()
    print('x' * 20000)
    print('one\\ntwo')
    sys.stderr.write('to stderr\\n')
    os.write(1, b'straight to the descriptor\\n')
    subprocess.run(['echo', 'of a child'], check=True)
    return 'done'

@route('/python/fails')
def fails(request):
    raise ValueError('no')
"""


@pytest.fixture
def server(start: Starter) -> Server:
    return start(start.app(shop=APP))


def lines(server: Server, text: str) -> list[str]:
    """Those of the log that hold a text."""
    return [line for line in server.log.text().splitlines() if text in line]


def wait_line(server: Server, text: str) -> str:
    """Waits for the line that holds a text, of which there is one."""
    (line,) = wait_for(lambda: lines(server, text), f"'{text}' in the log")
    return str(line)


def check(line: str, process: str, kind: str, request: str, text: str) -> None:
    """All of a line but its time."""
    stamp = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} "
    assert re.fullmatch(stamp + re.escape(f"[{process}] {kind}: {request}{text}"), line), line


def ask(server: Server, path: str, name: str) -> str:
    answer = server.client.get(path, headers={"X-Request-Id": name})
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_thread_handler(server: Server) -> None:
    (pid,) = server.worker_pids()
    ask(server, "/python/thread/one", "first")
    ask(server, "/python/thread/two", "second")
    for name, word in (("first", "one"), ("second", "two")):
        request = f"request {name} /python/thread/<word>: "
        line = wait_line(server, f"thread printed {word}")
        check(line, f"worker {pid}", "stdout", request, f"thread printed {word}")
        line = wait_line(server, f"{request}shop: thread logged")
        check(line, f"worker {pid}", "info", request, "shop: thread logged")
    assert "thread debug" not in server.log
    check(wait_line(server, "startup printed"), f"worker {pid}", "stdout", "", "startup printed")


def test_an_async_handler_its_tasks_and_its_threads(server: Server) -> None:
    (pid,) = server.worker_pids()
    ask(server, "/python/async/one", "first")
    request = "request first /python/async/<word>: "
    for kind, text in (
        ("warning", "shop: async helper logged"),
        ("stdout", "async to thread"),
        ("stdout", "async begun, async printed"),
    ):
        check(wait_line(server, text), f"worker {pid}", kind, request, text)


def test_a_task_of_the_pool(server: Server) -> None:
    """It says its own pid and that of its worker; what it has begun ends with it."""
    (pid,) = server.worker_pids()
    child = ask(server, "/python/pool/one", "first")
    ask(server, "/python/pool/two", "second")
    process = f"worker {pid} pool {child}"
    for name, word in (("first", "one"), ("second", "two")):
        request = f"request {name} /python/pool/<word>: "
        check(wait_line(server, f"pool printed {word}"), process, "stdout", request, f"pool printed {word}")
        check(wait_line(server, f"{request}shop: pool"), process, "info", request, "shop: pool logged")
        check(wait_line(server, f"{request}pool begun"), process, "stdout", request, "pool begun")


def test_a_generator(server: Server) -> None:
    ask(server, "/python/stream", "first")
    for number in range(2):
        assert "request first /python/stream: piece" in wait_line(server, f"piece {number}")


def test_whatever_is_printed_is_whole_clean_lines(server: Server) -> None:
    ask(server, "/python/bytes", "first")
    request = "request first /python/bytes: "
    for text in ("café \\xff\\x1b[2J", "one", "two", "to stderr"):
        wait_line(server, f"{request}{text}")
    assert [len(line.split(request)[1]) for line in lines(server, f"{request}xxx")] == [8192, 8192, 3616]
    assert wait_line(server, "straight to the descriptor") == "straight to the descriptor"
    assert wait_line(server, "of a child") == "of a child"


def test_a_traceback_keeps_its_form(server: Server) -> None:
    server.log.allow(r"^\[error\] request")
    assert server.client.get("/python/fails", headers={"X-Request-Id": "first"}).status_code == 500
    line = wait_line(server, "[error] request first")
    assert line == "[error] request first GET /python/fails: Traceback (most recent call last):"
    wait_line(server, "  ValueError: no")


@pytest.mark.parametrize(("level", "seen"), [("debug", "debug"), ("warn", "")])
def test_the_level_is_that_of_the_gateway(start: Starter, level: str, seen: str) -> None:
    """For records; what is printed has none."""
    server = start(start.app(shop=APP), log_level=level)
    ask(server, "/python/thread/one", "first")
    wait_for(lambda: "thread printed one" in server.log, "the print")
    if seen:
        assert " debug: request first" in wait_line(server, "thread debug")
    else:
        assert "thread logged" not in server.log


def test_the_configuration_of_an_application_wins(start: Starter) -> None:
    """Its handler has the records, through sys.stderr here; ours does not write them a second time."""
    config = "import logging\nlogging.basicConfig(format='mine %(levelname)s %(message)s', level='DEBUG')\n"
    server = start(start.app(aaa=config, shop=APP))
    ask(server, "/python/thread/one", "first")
    assert wait_line(server, "mine INFO thread logged").endswith(
        "stderr: request first /python/thread/<word>: mine INFO thread logged"
    )
    assert len(lines(server, "thread logged")) == 1
    wait_line(server, "mine DEBUG thread debug")


def test_a_log_that_cannot_be_written_harms_no_handler(start: Starter) -> None:
    app = start.app(shop=APP)
    server = start(app, prefix=["sh", "-c", 'exec "$@" >/dev/full 2>&1', "sh"])
    for path in ("/python/thread/a", "/python/async/a", "/python/pool/a", "/python/stream"):
        ask(server, path, "first")


def test_a_library_in_c_arrives_as_it_is(start: Starter) -> None:
    source = (
        "import ctypes\nfrom typhon import route\n"
        "@route('/python/c')\ndef c(request):\n"
        "    libc = ctypes.CDLL(None)\n    libc.puts(b'of C')\n    libc.fflush(None)\n    return 1\n"
    )
    server = start(start.app(c_prints=source))
    ask(server, "/python/c", "first")
    assert wait_line(server, "of C") == "of C"
