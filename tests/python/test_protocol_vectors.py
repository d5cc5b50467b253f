"""The golden vectors of proto/vectors, read by a codec that shares no code with the C++ one.

When the two and the C++ tests agree on every vector, the document, the vectors and the code agree, too.
"""

from __future__ import annotations

from typing import Any

import msgpack
import pytest

from _frames import MAX_HEADER_FIELDS, RefusedError, as_written, pack_envelope, raw, read_frame
from _vectors import load, named


@pytest.mark.parametrize("vector", load("frames.json"), ids=named)
def test_valid_frame_decodes_to_its_envelopes(vector: dict[str, Any]) -> None:
    envelopes, whole = read_frame(bytes.fromhex(vector["hex"]))
    assert whole
    assert [as_written(envelope) for envelope in envelopes] == vector["envelopes"]


@pytest.mark.parametrize("vector", load("frames.json"), ids=named)
def test_canonical_frame_encodes_to_the_same_bytes(vector: dict[str, Any]) -> None:
    packed = b"".join(map(pack_envelope, vector["envelopes"])).hex()
    assert (packed == vector["hex"]) == vector["canonical"]


@pytest.mark.parametrize("vector", load("invalid_frames.json"), ids=named)
def test_invalid_frame_is_refused_where_it_breaks(vector: dict[str, Any]) -> None:
    envelopes, whole = read_frame(bytes.fromhex(vector["hex"]))
    assert not whole
    assert len(envelopes) == vector["envelopes_before"]


def read_block(block: bytes) -> list[list[str]]:
    """The fields of a header block as pairs of hex texts."""
    if not block:
        return []
    try:
        items = msgpack.unpackb(block, raw=True, max_array_len=2 * MAX_HEADER_FIELDS)
    except ValueError as error:
        raise RefusedError(str(error)) from error
    if not isinstance(items, list) or len(items) % 2 or block[0] == 0xDD:
        raise RefusedError("no array of names and values")
    return [[raw(name).hex(), raw(value).hex()] for name, value in zip(items[::2], items[1::2], strict=True)]


@pytest.mark.parametrize("vector", load("header_blocks.json"), ids=named)
def test_header_block_gives_its_fields_or_is_refused(vector: dict[str, Any]) -> None:
    block = bytes.fromhex(vector["hex"])
    if vector.get("malformed"):
        with pytest.raises(RefusedError):
            read_block(block)
    else:
        assert read_block(block) == vector["fields"]
