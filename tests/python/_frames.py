"""A codec of frames that follows proto/PROTOCOL.md alone and shares no code with the C++ one.

Readers take what MessagePack gives and return it in the form of the vectors, or raise RefusedError.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgpack

MAX_DEPTH = 8
MAX_ARRAY = 4096
MAX_HEADER_FIELDS = 256
MAX_CHUNK = 64 * 1024
BYTE_FIELDS = {"path", "query", "headers", "body"}

Reader = Callable[[Any], Any]


class RefusedError(Exception):
    """The frame breaks the protocol."""


def uint(bits: int) -> Reader:
    def read(value: Any) -> int:
        if type(value) is not int or not 0 <= value < 1 << bits:
            raise RefusedError(f"{value!r} is no unsigned integer of {bits} bits")
        return value

    return read


def raw(value: Any) -> bytes:
    """Bytes, as str or bin."""
    if not isinstance(value, bytes):
        raise RefusedError(f"{value!r} is no byte string")
    return value


def text(value: Any) -> str:
    return raw(value).decode()


def some(read: Reader) -> Reader:
    """What `read` gives, but neither 0 nor empty."""

    def check(value: Any) -> Any:
        result = read(value)
        if not result:
            raise RefusedError("a required value is empty")
        return result

    return check


def list_of(read: Reader) -> Reader:
    def read_list(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise RefusedError(f"{value!r} is no array")
        return [read(item) for item in value]

    return read_list


def mode(value: Any) -> int:
    number: int = uint(8)(value)
    if number > 2:
        raise RefusedError(f"no mode {number}")
    return number


def flag(value: Any) -> int:
    number: int = uint(8)(value)
    if number > 1:
        raise RefusedError(f"{number} is neither 0 nor 1")
    return number


def piece(value: Any) -> bytes:
    if len(raw(value)) > MAX_CHUNK:
        raise RefusedError("a piece of a body is too long")
    return raw(value)


def table(fields: dict[str, Reader], defaults: dict[str, Any], required: set[str]) -> Reader:
    """A map: keys that are not in `fields` are ignored, those of `required` must be there."""

    def read_map(value: Any) -> dict[str, Any]:
        if not isinstance(value, Pairs):
            raise RefusedError(f"{value!r} is no map")
        result = dict(defaults)
        for key, item in value.pairs:
            name = raw(key).decode(errors="replace")
            if name in fields:
                result[name] = fields[name](item)
        if not required <= result.keys():
            raise RefusedError(f"one of {required} is missing")
        return result

    return read_map


class Pairs:
    """A decoded map, before its keys are looked at."""

    def __init__(self, pairs: list[tuple[Any, Any]]) -> None:
        self.pairs = list(pairs)


ROUTE = table(
    {
        "methods": some(list_of(text)),
        "pattern": some(text),
        "name": text,
        "mode": mode,
        "timeout_ms": uint(32),
        "max_in_flight": uint(32),
        "stream_body": uint(8),
        "max_body": uint(64),
    },
    {"name": "", "mode": 0, "timeout_ms": 0, "max_in_flight": 0, "stream_body": 0, "max_body": 0},
    {"methods", "pattern"},
)
READY = table(
    {
        "version": some(uint(32)),
        "token": some(text),
        "pid": uint(32),
        "python": text,
        "interpreter": text,
        "threads": uint(32),
        "async_capacity": uint(32),
        "pool_workers": uint(32),
        "start_ms": uint(32),
        "pool_pids": list_of(uint(32)),
        "routes": list_of(ROUTE),
    },
    {
        **dict.fromkeys(["pid", "threads", "async_capacity", "pool_workers", "start_ms"], 0),
        "python": "",
        "interpreter": "",
        "pool_pids": [],
        "routes": [],
    },
    {"version", "token"},
)
PONG_NUMBERS = ["busy", "threads", "queued", "async_running", "oldest_ms", "gil_age_ms"]
PONG = table(
    {
        "nonce": uint(64),
        **dict.fromkeys(PONG_NUMBERS, uint(32)),
        "served": uint(64),
        "pool_pids": list_of(uint(32)),
        "leaving": uint(8),
    },
    {**dict.fromkeys([*PONG_NUMBERS, "served", "leaving"], 0), "pool_pids": []},
    {"nonce"},
)
ERROR = table({"stage": some(text), "text": text}, {"text": ""}, {"stage"})

# kind -> name and the elements that follow the kind; a field "" is a map that holds the fields.
ANSWER: list[tuple[str, Reader]] = [
    ("id", uint(64)),
    ("slot", uint(32)),
    ("status", uint(16)),
    ("run_us", uint(32)),
    ("content_type", text),
    ("headers", raw),
    ("body", raw),
]
KINDS: dict[int, tuple[str, list[tuple[str, Reader]]]] = {
    1: ("READY", [("", READY)]),
    2: (
        "REQUEST",
        [
            ("id", uint(64)),
            ("slot", uint(32)),
            ("left_ms", uint(32)),
            ("method", text),
            ("path", raw),
            ("query", raw),
            ("client", text),
            ("headers", raw),
            ("body", raw),
        ],
    ),
    3: ("REPLY", ANSWER),
    4: ("CHUNK", [("id", uint(64)), ("slot", uint(32)), ("bytes", piece)]),
    5: ("END", [("id", uint(64)), ("slot", uint(32)), ("run_us", uint(32)), ("whole", flag)]),
    6: ("CANCEL", [("id", uint(64))]),
    7: ("PING", [("nonce", uint(64))]),
    8: ("PONG", [("", PONG)]),
    9: ("DRAIN", [("left_ms", uint(32))]),
    10: ("BYE", [("served", uint(64))]),
    11: ("ERROR", [("", ERROR)]),
    14: ("BEGIN", [*ANSWER[:-1], ("body", piece)]),
    15: ("CREDIT", [("id", uint(64)), ("bytes", uint(32))]),
    16: ("RECALL", [("id", uint(64))]),
}


def depth(value: Any) -> int:
    if isinstance(value, Pairs):
        return 1 + max((depth(item) for pair in value.pairs for item in pair), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0


def read_envelope(value: Any) -> dict[str, Any]:
    if depth(value) > MAX_DEPTH:
        raise RefusedError("nested too deep")
    if not isinstance(value, list) or not value:
        raise RefusedError("an envelope is an array that starts with its kind")
    name, fields = KINDS.get(uint(8)(value[0]), ("", []))
    if not name or len(value) != 1 + len(fields):
        raise RefusedError("unknown kind or wrong length")
    envelope: dict[str, Any] = {"kind": name}
    for (field, read), item in zip(fields, value[1:], strict=True):
        envelope |= {field: read(item)} if field else read(item)
    return envelope


def read_frame(frame: bytes) -> tuple[list[dict[str, Any]], bool]:
    """The envelopes of `frame` up to its end or its first fault, and whether it is whole."""
    unpacker = msgpack.Unpacker(
        raw=True,
        strict_map_key=False,
        object_pairs_hook=Pairs,
        max_array_len=MAX_ARRAY,
        max_map_len=MAX_ARRAY,
    )
    unpacker.feed(frame)
    envelopes: list[dict[str, Any]] = []
    while unpacker.tell() < len(frame):
        try:
            envelopes.append(read_envelope(unpacker.unpack()))
        except (RefusedError, ValueError, msgpack.UnpackException):
            return envelopes, False
    return envelopes, True


def as_written(envelope: dict[str, Any]) -> dict[str, Any]:
    """The envelope as the vectors write it: bytes as hex."""
    return {key: value.hex() if isinstance(value, bytes) else value for key, value in envelope.items()}


def is_bytes(kind: str, key: str) -> bool:
    return key in BYTE_FIELDS or (kind, key) == ("CHUNK", "bytes")


def pack_envelope(envelope: dict[str, Any]) -> bytes:
    kind = next(number for number, (name, _) in KINDS.items() if name == envelope["kind"])
    fields = {
        key: bytes.fromhex(value) if is_bytes(envelope["kind"], key) else value
        for key, value in envelope.items()
        if key != "kind"
    }
    names = [name for name, _ in KINDS[kind][1]]
    body = [fields] if names == [""] else [fields[name] for name in names]
    packed: bytes = msgpack.packb([kind, *body])
    return packed
