"""The golden vectors of the records of a WebSocket: by PROTOCOL.md 5.9 alone, and by the framework."""

from __future__ import annotations

from typing import Any

import pytest

from _vectors import load, named
from typhon._websocket import record

RECORD_HEAD = 5
RECORD_OPCODES = {0, 1, 2, 8}
MAX_CHUNK = 64 * 1024


def read_records(data: bytes) -> tuple[list[dict[str, Any]], str]:
    """The records at the start of `data`, and what follows them: `whole`, `more` or `bad`."""
    records: list[dict[str, Any]] = []
    while len(data) >= RECORD_HEAD:
        first, size = data[0], int.from_bytes(data[1:RECORD_HEAD], "big")
        if first & 0x7F not in RECORD_OPCODES or size > MAX_CHUNK:
            return records, "bad"
        if len(data) < RECORD_HEAD + size:
            break
        payload, data = data[RECORD_HEAD : RECORD_HEAD + size], data[RECORD_HEAD + size :]
        records.append({"opcode": first & 0x7F, "fin": first >= 0x80, "payload": payload.hex()})
    return records, "more" if data else "whole"


@pytest.mark.parametrize("vector", load("websocket_records.json"), ids=named)
def test_websocket_records_are_read_as_written(vector: dict[str, Any]) -> None:
    assert read_records(bytes.fromhex(vector["hex"])) == (vector["records"], vector["rest"])


@pytest.mark.parametrize("vector", load("websocket_records.json"), ids=named)
def test_the_framework_writes_the_records_of_the_vectors(vector: dict[str, Any]) -> None:
    """Both what a worker sends and what TestClient stands in for."""
    written = b"".join(
        record(each["opcode"], bytes.fromhex(each["payload"]), each["fin"]) for each in vector["records"]
    )
    assert bytes.fromhex(vector["hex"]).startswith(written)
