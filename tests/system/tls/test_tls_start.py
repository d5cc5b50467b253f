"""HTTPS: which certificates and addresses a start accepts."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness.activation import activation
from harness.binaries import EXAMPLE_APP, VENV
from harness.server import Server, run_typhon
from harness.starter import Starter
from harness.tls import Pair, TlsConnection, client_context, get, make_pair, openssl_client

USAGE, TLS = 2, 10


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
