"""Addresses as they stand in a Host field and in `Request.client`. Pure."""

from __future__ import annotations

from typhon._remember import remembered


def host_and_port(text: str, default: int) -> tuple[str, int]:
    """A host without the brackets of an IPv6 address, and its port."""
    host, port = _parts(text)
    return host, default if port is None else port


@remembered
def _parts(text: str) -> tuple[str, int | None]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit():
        return text.removeprefix("[").removesuffix("]"), None
    return host.removeprefix("[").removesuffix("]"), int(port)
