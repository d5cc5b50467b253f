"""Addresses as they stand in a Host field and in `Request.client`. Pure."""

from __future__ import annotations


def host_and_port(text: str, default: int) -> tuple[str, int]:
    """A host without the brackets of an IPv6 address, and its port."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit():
        host, port = text, str(default)
    return host.removeprefix("[").removesuffix("]"), int(port)
