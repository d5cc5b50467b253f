"""HTTPS: versions, ciphers, sessions and how a connection ends."""

from __future__ import annotations

import ssl

import pytest

from harness.tls import Pair, TlsConnection, client_context, get, openssl_client


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
