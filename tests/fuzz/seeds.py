"""Writes the inputs that the fuzz targets start from: the raw requests and the golden frames of the tests.

python -m tests.fuzz.seeds DIRECTORY makes DIRECTORY/NAME-OF-TARGET/*.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LARGEST = 4096  # bytes: larger seeds only make the fuzzer slow


def heads() -> Iterator[tuple[str, bytes]]:
    """The raw requests of tests/http."""
    for path in sorted((ROOT / "tests" / "http").glob("*valid/*.http")):
        yield path.stem, path.read_bytes()


def chunked_bodies() -> Iterator[tuple[str, bytes]]:
    """What stands behind the head of those that are chunked."""
    for name, data in heads():
        head, end, body = data.partition(b"\r\n\r\n")
        if end and b"transfer-encoding" in head.lower():
            yield name, body


def frames() -> Iterator[tuple[str, bytes]]:
    """The frames of proto/vectors, good and bad."""
    for file in ("frames.json", "invalid_frames.json"):
        yield from _vectors(file)


def header_blocks() -> Iterator[tuple[str, bytes]]:
    """The header blocks of proto/vectors."""
    yield from _vectors("header_blocks.json")


def websocket_records() -> Iterator[tuple[str, bytes]]:
    """The records of proto/vectors."""
    yield from _vectors("websocket_records.json")


def multipart_forms() -> Iterator[tuple[str, bytes]]:
    """A Content-Type and its form, whole and broken."""
    field = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\none\r\n'
    file = field.replace(b'"a"', b'a; filename="x.txt"\r\nContent-Type: text/plain')
    yield "whole", b"multipart/form-data; boundary=B\n" + field + file + b"--B--\r\n"
    yield "cut", b'multipart/form-data; charset=x; boundary="B"\n' + field + file[:-9]
    yield "semicolons", b"multipart/form-data;;; boundary=B\n" + field.replace(b"; ", b";" * 999) + b"--B--"


def _vectors(file: str) -> Iterator[tuple[str, bytes]]:
    for number, vector in enumerate(json.loads((ROOT / "proto" / "vectors" / file).read_text())):
        yield f"{Path(file).stem}-{number}", bytes.fromhex(vector["hex"])


def main(directory: Path) -> None:
    """Writes all of them."""
    seeds = {
        "fuzz_head": heads(),
        "fuzz_chunked": chunked_bodies(),
        "fuzz_envelopes": frames(),
        "fuzz_header_block": header_blocks(),
        "fuzz_multipart": multipart_forms(),
        "fuzz_websocket_records": websocket_records(),
    }
    for target, inputs in seeds.items():
        (directory / target).mkdir(parents=True, exist_ok=True)
        for name, data in inputs:
            if len(data) <= LARGEST:
                (directory / target / name).write_bytes(data)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
