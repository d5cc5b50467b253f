"""HTTPS: what works over it, what is refused, and how certificates are replaced."""

from __future__ import annotations

import signal
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import httpx
import pytest

from harness.activation import activation
from harness.binaries import EXAMPLE_APP, VENV
from harness.raw import Connection
from harness.server import Server, run_typhon
from harness.starter import Starter
from harness.tls import Pair, TlsConnection, client_context, get, make_pair
from harness.waiting import LONG_S, wait_for

USAGE, COMMAND_FAILED, TLS = 2, 8, 10
BOTH = ["http://127.0.0.1:0", "https://127.0.0.1:0"]


APP = """
from typhon import route

@route("/python/echo/<int:n>", methods=["GET", "POST"])
def echo(request):
    return request.data or str(request.path_params["n"])

@route("/python/pieces")
def pieces(request):
    for _ in range(100):
        yield b"x" * 50_000
"""


LARGE = b"0123456789abcdef" * (1 << 19)  # 8 MiB


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return make_pair(tmp_path_factory.mktemp("pair"))


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory, pair: Pair) -> Iterator[Server]:
    """An application on HTTP and HTTPS, for tests that only ask."""
    home = tmp_path_factory.mktemp("tls")
    app = tmp_path_factory.mktemp("tls_app")
    (app / "echo.py").write_text(APP)
    (app / "assets").mkdir()
    (app / "assets" / "large.bin").write_bytes(LARGE)
    flags = {"port": None, "listen": BOTH, "pool_workers": 1, "head_timeout": "2s", **pair.flags}
    flags["static"] = f"/assets={app / 'assets'}"
    server = Server(home, app, flags)
    try:
        server.wait_ready()
        yield server
        assert server.stop() == 0, server.log.text()
        server.check_nothing_left()
    finally:
        server.kill_everything()


@pytest.fixture
def server(shared_server: Server) -> Server:
    assert shared_server.log.errors() == []
    return shared_server


@pytest.fixture
def port(server: Server) -> int:
    return server.port_of("https")


@pytest.fixture
def trusting(pair: Pair) -> ssl.SSLContext:
    return client_context(pair)


# ---- what works ----


def test_native_and_python_routes_are_served_and_the_certificate_is_ours(
    port: int, pair: Pair, trusting: ssl.SSLContext
) -> None:
    """Several requests on one connection; the client checks name and certificate."""
    with TlsConnection(port, trusting) as connection:
        assert connection.certificate() == pair.der
        for path in ("/native/hello", "/python/echo/1", "/-/healthy") * 3:
            connection.send(get(path))
            assert connection.answer().status == 200


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_versions_1_2_and_1_3_are_spoken(port: int, pair: Pair, version: ssl.TLSVersion) -> None:
    context = client_context(pair, oldest=version, newest=version)
    with TlsConnection(port, context) as connection:
        assert connection.tls.version() == version.name.replace("_", ".")
        cipher = connection.tls.cipher()
        assert cipher is not None
        assert "GCM" in cipher[0] or "CHACHA20" in cipher[0]
        connection.send(get())
        assert connection.answer().status == 200


def openssl_client(port: int, *words: str, send: str = "") -> str:
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", *words]
    done = subprocess.run(command, input=send, capture_output=True, text=True, timeout=LONG_S, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_older_versions_are_refused_by_an_alert(port: int, version: str) -> None:
    said = openssl_client(port, version, "-cipher", "DEFAULT@SECLEVEL=0")
    assert "alert protocol version" in said
    assert "Cipher is (NONE)" in said


@pytest.mark.parametrize("cipher", ["AES128-SHA", "ECDHE-ECDSA-AES128-SHA", "AES128-GCM-SHA256"])
def test_ciphers_without_forward_secrecy_or_authentication_are_refused(port: int, cipher: str) -> None:
    said = openssl_client(port, "-tls1_2", "-cipher", f"{cipher}@SECLEVEL=0")
    assert "handshake failure" in said


def test_renegotiation_is_refused(port: int) -> None:
    """The letter R asks s_client to begin one."""
    said = openssl_client(port, "-tls1_2", send="R\n")
    assert "RENEGOTIATING" in said
    assert "no renegotiation" in said


def test_http_1_1_is_negotiated_and_what_we_do_not_speak_refused(port: int, pair: Pair) -> None:
    with TlsConnection(port, client_context(pair, alpn=["h2", "http/1.1"])) as connection:
        assert connection.tls.selected_alpn_protocol() == "http/1.1"
        connection.send(get())
        assert connection.answer().status == 200
    with pytest.raises(ssl.SSLError, match=r"(?i)no.application.protocol"):
        TlsConnection(port, client_context(pair, alpn=["h2"]))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_session_is_resumed(port: int, pair: Pair, version: ssl.TLSVersion) -> None:
    context = client_context(pair, oldest=version, newest=version)
    with TlsConnection(port, context) as first:
        first.send(get())  # tickets of 1.3 come after the handshake
        assert first.answer().status == 200
        session = first.tls.session
    with TlsConnection(port, context, session) as second:
        assert second.tls.session_reused
        second.send(get())
        assert second.answer().status == 200


def test_pipelined_requests_are_answered_in_order(port: int, trusting: ssl.SSLContext) -> None:
    """All in one record, in one segment: the requests behind the first one wait inside the session."""
    with TlsConnection(port, trusting) as connection:
        connection.send("".join(get(f"/python/echo/{n}") + get() for n in range(10)))
        for n in range(10):
            assert connection.answer().body == str(n).encode()
            assert b"Hello" in connection.answer().body


def test_a_request_may_come_byte_by_byte(port: int, trusting: ssl.SSLContext) -> None:
    """A record for each byte."""
    with TlsConnection(port, trusting) as connection:
        for letter in get("/python/echo/1"):
            connection.send(letter)
        assert connection.answer().status == 200


def test_a_record_may_come_in_pieces(port: int, trusting: ssl.SSLContext) -> None:
    """A record that arrives byte by byte, with others behind it: nothing is forgotten in between."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = trusting.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with Connection(port) as plain:

        def step() -> None:
            if outgoing.pending:
                plain.send(outgoing.read())
            incoming.write(plain.socket.recv(65536))

        while True:
            try:
                session.do_handshake()
                break
            except ssl.SSLWantReadError:
                step()
        for _ in range(3):
            session.write(get().encode())
        for byte in outgoing.read():
            plain.send(bytes([byte]))
        answers = b""
        while answers.count(b"HTTP/1.1 200") < 3:
            try:
                answers += session.read(65536)
            except ssl.SSLWantReadError:
                step()


def test_large_bodies_go_both_ways(port: int, trusting: ssl.SSLContext) -> None:
    """8 MiB up and down, on a connection that then goes on."""
    with httpx.Client(verify=trusting, timeout=LONG_S) as client:
        for _ in range(2):
            answer = client.post(f"https://localhost:{port}/python/echo/1", content=LARGE)
            assert answer.status_code == 200
            assert answer.content == LARGE
        assert client.get(f"https://localhost:{port}/native/hello").status_code == 200


@pytest.mark.parametrize("path", ["/native/stream?chunks=100&size=50000", "/python/pieces"])
def test_streams_are_served(port: int, trusting: ssl.SSLContext, path: str) -> None:
    with httpx.Client(verify=trusting, timeout=LONG_S) as client:
        answer = client.get(f"https://localhost:{port}{path}")
        assert answer.status_code == 200
        assert answer.headers["transfer-encoding"] == "chunked"
        assert answer.content == b"x" * 5_000_000


def test_files_are_served(port: int, trusting: ssl.SSLContext) -> None:
    """They are encrypted on the way, so the kernel does not send them by itself."""
    with httpx.Client(verify=trusting, timeout=LONG_S) as client:
        url = f"https://localhost:{port}/assets/large.bin"
        assert client.get(url).content == LARGE
        part = client.get(url, headers={"Range": "bytes=1000000-5999999"})
        assert (part.status_code, part.content) == (206, LARGE[1_000_000:6_000_000])


def test_the_end_is_said_by_close_notify(port: int, trusting: ssl.SSLContext) -> None:
    """After the last answer the client reads an orderly end, not a cut-off."""
    trusting.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    with TlsConnection(port, trusting) as connection:
        connection.send(get(close=True))
        assert connection.answer().status == 200
        assert connection.tls.recv(1) == b""  # SSLEOFError without close_notify


def test_a_client_that_ends_its_side_gets_its_answer_and_an_orderly_end(
    port: int, trusting: ssl.SSLContext
) -> None:
    trusting.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    with TlsConnection(port, trusting) as connection:
        connection.send(get())
        assert connection.answer().status == 200
        connection.tls.unwrap().close()  # fails unless the server says the end, too


def test_curl_is_served(port: int, pair: Pair) -> None:
    command = ["curl", "-sS", "--cacert", str(pair.certificate), f"https://localhost:{port}/python/echo/1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONG_S, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "1"


def test_a_target_with_the_scheme_https_is_ours_over_tls_alone(
    port: int, server: Server, trusting: ssl.SSLContext
) -> None:
    request = "GET https://localhost/native/hello HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with TlsConnection(port, trusting) as connection:
        connection.send(request)
        assert connection.answer().status == 200
    with Connection(server.port) as plain:
        plain.send(request)
        assert plain.answer().status == 421


# ---- what is refused ----


@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS"])
def test_plain_http_on_the_port_gets_a_clear_400(port: int, method: str) -> None:
    with Connection(port) as plain:
        plain.send(f"{method} / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = plain.answer()
        assert answer.status == 400
        assert "HTTPS" in answer.json["error"]
        assert plain.is_closed()


CLIENT_HELLO = bytes.fromhex("16030100050100000100")

GARBAGE = {
    "zeros": b"\0" * 512,
    "letters": b"hello there, is this the right port?\r\n",
    "ssh": b"\x00SSH-2.0-OpenSSH_9.2\r\n",
    "cut-off hello": CLIENT_HELLO,
    "record too long": b"\x16\x03\x01\xff\xff" + b"x" * 70000,
    "alert": b"\x15\x03\x03\x00\x02\x02\x28",
    "data before the handshake": b"\x17\x03\x03\x00\x20" + b"x" * 32,
    "ssl 2": b"\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10" + b"\x01" * 40,
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_ends_the_connection_and_nothing_else(port: int, trusting: ssl.SSLContext, name: str) -> None:
    with Connection(port) as plain:
        plain.send(GARBAGE[name])
        plain.finish()
        try:
            while plain.socket.recv(4096):
                pass
        except ConnectionResetError:
            pass
    with TlsConnection(port, trusting) as connection:
        connection.send(get())
        assert connection.answer().status == 200


def test_garbage_after_the_handshake_ends_the_connection(port: int, trusting: ssl.SSLContext) -> None:
    with TlsConnection(port, trusting) as connection:
        descriptor = connection.tls.detach()
        with socket.socket(fileno=descriptor) as raw:
            raw.settimeout(LONG_S)
            raw.sendall(b"\x17\x03\x03\x00\x20" + b"x" * 32)
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(4096):
                pass


@pytest.mark.parametrize("begun", [b"", CLIENT_HELLO[:1], CLIENT_HELLO[:6]])
def test_a_handshake_that_does_not_end_is_ended(server: Server, port: int, begun: bytes) -> None:
    """A slow handshake has the time of a head, 2 s here."""
    with Connection(port) as plain:
        before = time.monotonic()
        if begun:
            plain.send(begun)
        assert plain.is_closed()
        assert 1 < time.monotonic() - before < 10
    assert server.log.errors() == []


def test_a_handshake_that_trickles_has_no_more_time(port: int) -> None:
    with Connection(port) as plain:
        before = time.monotonic()
        plain.send(b"\x16\x03\x01\x02\x00")
        try:
            while time.monotonic() - before < 10:
                plain.send(b"\x01")
                plain.socket.settimeout(0.2)
                try:
                    if plain.socket.recv(1) == b"":
                        break
                except TimeoutError:
                    continue
        except (ConnectionResetError, BrokenPipeError):
            pass
        assert 1 < time.monotonic() - before < 8


def test_a_reset_in_the_handshake_harms_nobody(port: int, trusting: ssl.SSLContext) -> None:
    for _ in range(50):
        with Connection(port) as plain:
            plain.send(CLIENT_HELLO[:6])
            plain.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with TlsConnection(port, trusting) as connection:
        connection.send(get())
        assert connection.answer().status == 200


def test_caps_hold_while_hands_are_shaken(start: Starter, pair: Pair) -> None:
    """Connections that never finish the handshake count; one too many is closed, plain ones hear why."""
    server = start(port=None, listen=BOTH, max_connections_per_address=3, head_timeout="30s", **pair.flags)
    port = server.port_of("https")
    held = [Connection(port) for _ in range(3)]
    try:
        for connection in held:
            connection.send(CLIENT_HELLO[:6])
        with pytest.raises((ssl.SSLError, ConnectionError)):
            TlsConnection(port, client_context())
        with Connection(server.port_of("http")) as plain:
            plain.send(get())
            assert plain.answer().status == 429
    finally:
        for connection in held:
            connection.socket.close()
    wait_for(lambda: _serves(port), "the places are free again")


def _serves(port: int) -> bool:
    try:
        with TlsConnection(port, client_context()) as connection:
            connection.send(get())
            return connection.answer().status == 200
    except (ssl.SSLError, OSError):
        return False


# ---- start ----


def serve_fails(tmp_path: Path, code: int, **flags: Path | str) -> str:
    words: list[str | Path] = ["--app", EXAMPLE_APP, "--venv", VENV, "--run-dir", tmp_path / "run"]
    for name, value in flags.items():
        words += [f"--{name.replace('_', '-')}", value]
    done = run_typhon("serve", *words)
    assert done.returncode == code, (done.returncode, done.stderr)
    assert done.stderr.count("typhon: ") == 1
    assert not (tmp_path / "run").exists()
    return done.stderr


def test_a_port_is_https_when_there_is_a_certificate(start: Starter, pair: Pair) -> None:
    server = start(**pair.flags)
    assert server.status()["listeners"] == [f"https://127.0.0.1:{server.port}"]
    with TlsConnection(server.port, client_context(pair)) as connection:
        connection.send(get())
        assert connection.answer().status == 200


def test_a_socket_of_systemd_named_https_speaks_tls(start: Starter, tmp_path: Path, pair: Pair) -> None:
    prefix = activation(tmp_path / "s", "https:local")
    server = start.launch(prefix=prefix, port=None, listen="systemd", **pair.flags)
    server.wait_ready()
    with TlsConnection(server.port_of("https"), client_context(pair)) as connection:
        connection.send(get())
        assert connection.answer().status == 200
    assert server.status()["listeners"][1] == f"unix:{tmp_path / 's'}"


def test_a_socket_of_systemd_named_https_needs_a_certificate(start: Starter, tmp_path: Path) -> None:
    server = start.launch(prefix=activation(tmp_path / "s", "https:local"), port=None, listen="systemd")
    assert server.wait_exit() == TLS
    assert "--tls-cert" in server.log
    start.forget(server)


def test_https_without_a_certificate_is_a_usage_error(tmp_path: Path, pair: Pair) -> None:
    assert "--tls-cert" in serve_fails(tmp_path, USAGE, listen="https://127.0.0.1:0")
    assert "--tls-key" in serve_fails(tmp_path, USAGE, tls_cert=pair.certificate)
    assert "https://" in serve_fails(tmp_path, USAGE, listen="http://127.0.0.1:0", **pair.flags)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    pair = make_pair(tmp_path)
    pair.key.chmod(mode)
    message = serve_fails(tmp_path, TLS, **pair.flags)
    assert str(pair.key) in message
    assert f"{mode:04o}" in message


def test_files_that_cannot_be_used_are_named(tmp_path: Path, pair: Pair) -> None:
    other = make_pair(tmp_path, "other")
    message = serve_fails(tmp_path, TLS, tls_cert=pair.certificate, tls_key=other.key)
    assert "does not belong" in message
    missing = tmp_path / "missing.pem"
    assert str(missing) in serve_fails(tmp_path, TLS, tls_cert=missing, tls_key=pair.key)
    assert str(missing) in serve_fails(tmp_path, TLS, tls_cert=pair.certificate, tls_key=missing)
    text = tmp_path / "text.pem"
    text.touch(mode=0o600)
    text.write_text("no PEM at all\n")
    assert str(text) in serve_fails(tmp_path, TLS, tls_cert=text, tls_key=pair.key)
    assert str(text) in serve_fails(tmp_path, TLS, tls_cert=pair.certificate, tls_key=text)


def test_a_key_with_a_passphrase_is_refused_and_nobody_is_asked(tmp_path: Path, pair: Pair) -> None:
    locked = tmp_path / "locked.key"
    locked.touch(mode=0o600)
    command = ["openssl", "pkey", "-in", str(pair.key), "-aes256", "-passout", "pass:x"]
    locked.write_bytes(subprocess.run(command, capture_output=True, check=True).stdout)
    assert "encrypted" in serve_fails(tmp_path, TLS, tls_cert=pair.certificate, tls_key=locked)


def test_a_chain_is_sent_whole(start: Starter, tmp_path: Path, pair: Pair) -> None:
    chain = tmp_path / "chain.pem"
    other = make_pair(tmp_path, "issuer")
    chain.write_bytes(pair.certificate.read_bytes() + other.certificate.read_bytes())
    server = start(tls_cert=chain, tls_key=pair.key)
    assert openssl_client(server.port, "-showcerts").count("BEGIN CERTIFICATE") >= 2


def test_an_expired_certificate_is_a_warning(start: Starter, tmp_path: Path) -> None:
    pair = make_pair(tmp_path, days=-1)
    server = start(**pair.flags)
    assert "has expired" in server.log
    assert "has expired" in server.command("status").stdout
    with TlsConnection(server.port, client_context()) as connection:
        connection.send(get())
        assert connection.answer().status == 200


def test_the_status_tells_of_the_certificate(server: Server) -> None:
    tls = server.status()["tls"]
    assert tls["names"] == "localhost"
    assert tls["not_after"].endswith("Z")
    assert (tls["complaint"], tls["last_error"]) == ("", "")
    assert "certificate: localhost, valid until" in server.command("status").stdout


# ---- reload ----


class Requests:
    """Threads that connect and ask again and again; every failure is kept."""

    def __init__(self, port: int, threads: int = 4) -> None:
        self.port = port
        self.answered = 0
        self.failures: list[str] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(n,)) for n in range(threads)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(LONG_S)

    def wait_for_more(self, count: int) -> None:
        goal = self.answered + count
        wait_for(lambda: self.answered >= goal or self.failures, f"{count} more answers")

    def _ask(self, number: int) -> None:
        context = client_context()
        while not self._stop.is_set():
            try:
                with TlsConnection(self.port, context) as connection:
                    for path in ("/native/hello", "/python/hello"):
                        connection.send(get(path))
                        assert connection.answer().status == 200
                        self.answered += 1
            except (OSError, AssertionError) as error:
                self.failures.append(f"{number}: {error!r}")


def shown(port: int) -> bytes:
    with TlsConnection(port, client_context()) as connection:
        return connection.certificate()


@pytest.mark.parametrize("how", ["command", "signal"])
def test_certificates_are_replaced_under_load_and_no_request_fails(
    start: Starter, tmp_path: Path, how: str
) -> None:
    pair, next_pair = make_pair(tmp_path), make_pair(tmp_path, "next")
    old, new = pair.der, next_pair.der
    server = start(**pair.flags)
    with Requests(server.port) as load, TlsConnection(server.port, client_context()) as open_before:
        load.wait_for_more(20)
        assert open_before.certificate() == old
        pair.install(next_pair)
        if how == "command":
            done = server.reload()
            assert done.returncode == 0, done.stderr
        else:
            server.signal(signal.SIGHUP)
        wait_for(lambda: shown(server.port) == new, "the new certificate is shown")
        open_before.send(get())
        assert open_before.answer().status == 200
        load.wait_for_more(20)
    assert load.failures == []


def test_a_broken_pair_keeps_the_old_one_and_everybody_is_told(start: Starter, tmp_path: Path) -> None:
    pair, other = make_pair(tmp_path), make_pair(tmp_path, "other")
    old = pair.der
    server = start(**pair.flags)
    server.log.allow("does not belong to the certificate")
    pair.certificate.write_bytes(other.certificate.read_bytes())
    done = server.reload()
    assert done.returncode == COMMAND_FAILED
    assert "does not belong" in done.stderr
    assert "old certificate stays" in done.stderr
    assert "does not belong" in server.log
    assert "does not belong" in server.status()["tls"]["last_error"]
    assert "does not belong" in server.command("status").stdout
    assert shown(server.port) == old
    pair.key.write_bytes(other.key.read_bytes())
    assert server.reload().returncode == 0
    assert server.status()["tls"]["last_error"] == ""
    assert shown(server.port) == other.der


# ---- stop ----


def test_a_stop_answers_what_was_accepted_and_ends_each_session(start: Starter, pair: Pair) -> None:
    app = start.app("counting")
    server = start(app, **pair.flags)
    executions = Path(f"{app}.executions")
    context = client_context(pair)
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    with TlsConnection(server.port, context) as busy, TlsConnection(server.port, context) as idle:
        busy.send("POST /python/hold?key=1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
        wait_for(executions.exists, "the handler runs")
        server.signal(signal.SIGTERM)
        wait_for(lambda: "stopping" in server.log, "the stop has begun")
        assert idle.tls.recv(1) == b""
        executions.with_suffix(".release").touch()
        assert busy.answer().status == 200
        assert busy.tls.recv(1) == b""
    assert server.wait_exit() == 0


def test_a_handshake_under_way_does_not_hold_the_stop_up(start: Starter, pair: Pair) -> None:
    server = start(head_timeout="60s", **pair.flags)
    with Connection(server.port) as silent, Connection(server.port) as begun:
        begun.send(CLIENT_HELLO[:6])
        wait_for(lambda: _serves(server.port), "both were accepted")
        server.signal(signal.SIGTERM)
        assert server.wait_exit(20) == 0
        assert silent.is_closed()
        assert begun.is_closed()
