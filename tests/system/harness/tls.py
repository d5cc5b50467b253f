"""Certificates for tests, and clients that speak TLS."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.raw import LIMIT_S, Connection
from harness.waiting import LONG_S

BOTH = ["http://127.0.0.1:0", "https://127.0.0.1:0"]
LARGE = b"0123456789abcdef" * (1 << 19)  # 8 MiB
CLIENT_HELLO = bytes.fromhex("16030100050100000100")


def _openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, timeout=60)


@dataclass(frozen=True)
class Pair:
    """A certificate that signs itself, and its key."""

    certificate: Path
    key: Path

    @property
    def flags(self) -> dict[str, Any]:
        """For a server."""
        return {"tls_cert": self.certificate, "tls_key": self.key}

    def install(self, other: Pair) -> None:
        """Takes the contents of another pair, each file in one step."""
        for mine, theirs in ((self.certificate, other.certificate), (self.key, other.key)):
            copy = mine.with_suffix(".new")
            copy.touch(mode=0o600)
            copy.write_bytes(theirs.read_bytes())
            copy.rename(mine)

    @property
    def der(self) -> bytes:
        """The certificate as clients receive it."""
        return ssl.PEM_cert_to_DER_cert(self.certificate.read_text())


def make_pair(directory: Path, name: str = "server", *, days: int = 30) -> Pair:
    """A pair for localhost and 127.0.0.1; expired with days below 0. The common name is its own."""
    key, request, certificate = (directory / f"{name}.{suffix}" for suffix in ("key", "csr", "pem"))
    extensions = directory / f"{name}.ext"
    extensions.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
    _openssl("req", *curve, "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", request)
    key.chmod(0o600)
    sign = ("-signkey", key, "-days", str(days), "-extfile", extensions)
    _openssl("x509", "-req", "-in", request, *sign, "-out", certificate)
    return Pair(certificate, key)


def client_context(
    pair: Pair | None = None,
    *,
    oldest: ssl.TLSVersion | None = None,
    newest: ssl.TLSVersion | None = None,
    alpn: Sequence[str] = (),
) -> ssl.SSLContext:
    """A client that trusts the pair; without one, everybody."""
    context = ssl.create_default_context()
    if pair is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_verify_locations(pair.certificate)
    if oldest is not None:
        context.minimum_version = oldest
    if newest is not None:
        context.maximum_version = newest
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


class TlsConnection(Connection):
    """One connection with TLS to a server."""

    def __init__(self, port: int, context: ssl.SSLContext, session: ssl.SSLSession | None = None) -> None:
        super().__init__(port)
        try:
            self.tls = context.wrap_socket(self.socket, server_hostname="localhost", session=session)
        except BaseException:
            self.socket.close()
            raise
        self.socket: socket.socket = self.tls
        self.socket.settimeout(LIMIT_S)

    def certificate(self) -> bytes:
        """What the server showed."""
        shown = self.tls.getpeercert(binary_form=True)
        assert shown is not None
        return shown


def get(path: str = "/native/hello", *, close: bool = False) -> str:
    """A request."""
    connection = "Connection: close\r\n" if close else ""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{connection}\r\n"


def openssl_client(port: int, *words: str, send: str = "") -> str:
    """What ``openssl s_client WORDS`` prints."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", *words]
    done = subprocess.run(command, input=send, capture_output=True, text=True, timeout=LONG_S, check=False)
    return done.stdout + done.stderr


def serves(port: int) -> bool:
    """Whether a request over TLS is answered."""
    try:
        with TlsConnection(port, client_context()) as connection:
            connection.send(get())
            return connection.answer().status == 200
    except (ssl.SSLError, OSError):
        return False
