"""Who the client is: told by a proxy, and believed from a trusted one alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.raw import exchange
from harness.server import Server, run_typhon
from harness.starter import Starter
from harness.tls import client_context, make_pair
from harness.waiting import LONG_S

APP = """
from typhon import route

@route("/python/origin")
def origin(request):
    return {"client": request.client, "scheme": request.scheme, "url": request.url,
            "host": request.headers["host"], "all": sorted(request.headers)}
"""
TOLD = {
    "X-Forwarded-For": "6.6.6.6, 203.0.113.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "example.org",
}


def ask(server: Server, headers: dict[str, str], target: str = "/python/origin") -> dict[str, Any]:
    answer: dict[str, Any] = server.client.get(target, headers=headers).json()
    return answer


@pytest.mark.parametrize("trusted", [None, "10.0.0.0/8"])
def test_a_stranger_is_not_believed_and_its_fields_are_seen(start: Starter, trusted: str | None) -> None:
    server = start(start.app(origin=APP), trusted_proxy=trusted)
    seen = ask(server, TOLD)
    assert seen["client"].startswith("127.0.0.1:")
    assert seen["scheme"] == "http"
    assert seen["host"] == f"127.0.0.1:{server.port}"
    assert seen["url"] == f"http://127.0.0.1:{server.port}/python/origin"
    assert {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"} <= {
        name.lower() for name in seen["all"]
    }


def test_a_trusted_proxy_is_believed(start: Starter) -> None:
    server = start(start.app(origin=APP), trusted_proxy=["10.0.0.0/8", "127.0.0.0/8"])
    seen = ask(server, TOLD, "/python/origin?q=gr%C3%B6%C3%9Fe&b=1")
    assert seen["client"] == "203.0.113.7:0"
    assert seen["scheme"] == "https"
    assert seen["host"] == "example.org"
    assert seen["url"] == "https://example.org/python/origin?q=gr%C3%B6%C3%9Fe&b=1"
    seen = ask(server, {"Forwarded": 'for="[2001:db8::7]:4711";proto=https;host=a.org'})
    assert (seen["client"], seen["url"]) == ("[2001:db8::7]:4711", "https://a.org/python/origin")
    seen = ask(server, {})
    assert seen["client"].startswith("127.0.0.1:")
    assert not any(name.startswith(":") for name in seen["all"])


def test_only_the_kind_of_field_that_is_named_is_believed(start: Starter) -> None:
    server = start(start.app(origin=APP), trusted_proxy="127.0.0.1", forwarded_by="forwarded")
    assert ask(server, TOLD)["scheme"] == "http"
    assert ask(server, TOLD | {"Forwarded": "for=203.0.113.9"})["client"] == "203.0.113.9:0"


def test_a_proxy_on_a_unix_socket_is_believed_when_it_is_trusted(start: Starter, tmp_path: Path) -> None:
    path = tmp_path / "s"
    server = start(start.app(origin=APP), listen=f"unix:{path}", trusted_proxy="unix")
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), timeout=LONG_S) as client:
        seen = client.get("http://x/python/origin", headers=TOLD).json()
        assert (seen["client"], seen["scheme"], seen["host"]) == ("203.0.113.7:0", "https", "example.org")
        assert client.get("http://x/python/origin").json()["client"] == ""
    assert ask(server, TOLD)["client"].startswith("127.0.0.1:")


def test_the_scheme_over_tls_is_https(start: Starter, tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    server = start(start.app(origin=APP), **pair.flags)
    with httpx.Client(verify=client_context(pair), timeout=LONG_S) as client:
        seen = client.get(f"https://localhost:{server.port}/python/origin?a=b").json()
    assert seen["scheme"] == "https"
    assert seen["url"] == f"https://localhost:{server.port}/python/origin?a=b"
    assert not any(name.startswith(":") for name in seen["all"])


def test_the_limit_of_an_address_counts_the_proxy(start: Starter) -> None:
    """However many clients it names, its connections are its own."""
    server = start(start.app(origin=APP), trusted_proxy="127.0.0.1", max_connections_per_address=2)
    url = f"http://127.0.0.1:{server.port}"
    with httpx.Client(base_url=url, timeout=LONG_S) as one, httpx.Client(base_url=url, timeout=LONG_S) as two:
        for number, client in enumerate((one, two)):
            seen = client.get("/python/origin", headers={"X-Forwarded-For": f"203.0.113.{number}"})
            assert seen.json()["client"] == f"203.0.113.{number}:0"
        request = "GET /-/healthy HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.99\r\n\r\n"
        assert exchange(server.port, request).status == 429


@pytest.mark.parametrize("network", ["proxy.example.org", "10.0.0.1/8", "10.0.0.0/99"])
def test_a_network_that_is_none_is_named(tmp_path: Path, network: str) -> None:
    done = run_typhon("serve", "--run-dir", tmp_path / "run", "--trusted-proxy", network)
    assert done.returncode == 2
    assert f"'{network}'" in done.stderr
