"""The parts of a multipart/form-data body (RFC 7578), read by python-multipart.

Files above a size go to disk while they are read. Each limit that is passed ends the reading.
"""

from __future__ import annotations

import re
import tempfile
from typing import IO, Any, cast

from typhon._optional import need
from typhon.errors import HTTPError
from typhon.forms import FormLimits
from typhon.uploads import Upload

MAX_PART_HEAD = 8192
MAX_PART_FIELDS = 16


def parse_multipart(
    data: bytes, boundary: str, limits: FormLimits
) -> tuple[list[tuple[str, str]], list[tuple[str, Upload]]]:
    """The (name, text) fields and the (name, file) pairs, each in order.

    Raises:
        HTTPError: 400 for a body that is not multipart, 413 for a part that is above a limit.
        AppError: python-multipart is not installed.
    """
    package = need("python_multipart", "python-multipart", "a multipart form")
    reader = _Reader(package, limits)
    _read(package, reader, data, boundary)
    return reader.fields, reader.files


def _read(package: Any, reader: _Reader, data: bytes, boundary: str) -> None:
    try:
        parser = package.MultipartParser(
            boundary.encode("latin-1", "replace"),
            reader.callbacks(),
            max_header_count=MAX_PART_FIELDS,
            max_header_size=MAX_PART_HEAD,
        )
        parser.write(data)
    except package.exceptions.FormParserError as error:
        raise HTTPError(400, f"the multipart body is not valid: {error}") from None
    if not reader.complete:
        raise HTTPError(400, "the multipart body ends before its last boundary")


class _Spool(tempfile.SpooledTemporaryFile[bytes]):
    """Closes itself without a warning: an upload ends with its request."""

    def __del__(self) -> None:
        self.close()


class _Reader:
    """Takes the events of the parser."""

    def __init__(self, package: Any, limits: FormLimits) -> None:
        self._parameters_of = package.multipart.parse_options_header
        self._limits = limits
        self._parts = 0
        self.fields: list[tuple[str, str]] = []
        self.files: list[tuple[str, Upload]] = []
        self.complete = False
        self._file: IO[bytes] | None = None  # of the part that is being read

    def callbacks(self) -> dict[str, Any]:
        """What the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._head_name,
            "on_header_value": self._head_value,
            "on_header_end": self._head_end,
            "on_headers_finished": self._open,
            "on_part_data": self._content,
            "on_part_end": self._close,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > self._limits.parts:
            raise HTTPError(413, f"the form has more than {self._limits.parts} parts")
        self._head: dict[str, str] = {}
        self._field = self._value = b""

    def _head_name(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _head_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _head_end(self) -> None:
        self._head[self._field.decode("latin-1").lower()] = self._value.decode("utf-8", "replace")
        self._field = self._value = b""

    def _open(self) -> None:
        parameters = self._parameters()
        if "name" not in parameters:
            raise HTTPError(400, "a part of the multipart body has no name")
        self._name = parameters["name"]
        if len(self._name) > self._limits.name_length:
            raise HTTPError(400, f"a name in the form is longer than {self._limits.name_length} characters")
        self._filename = parameters.get("filename")
        self._size = 0
        memory = max(self._limits.memory, 1) if self._filename is not None else 0  # 0 is no limit
        self._file = cast("IO[bytes]", _Spool(memory))
        self._limit = self._limits.field_size if self._filename is None else self._limits.file_size

    def _parameters(self) -> dict[str, str]:
        """Those of Content-Disposition; the parser's texts are Latin-1, what clients send is UTF-8."""
        field = self._head.get("content-disposition", "").encode().decode("latin-1")
        _, parameters = self._parameters_of(field)
        return {key.decode("latin-1"): value.decode("utf-8", "replace") for key, value in parameters.items()}

    def _content(self, data: bytes, start: int, end: int) -> None:
        self._size += end - start
        if self._size > self._limit:
            what = "field" if self._filename is None else "file"
            raise HTTPError(413, f"the {what} {self._name[:40]!r} is larger than {self._limit} bytes")
        assert self._file is not None
        self._file.write(memoryview(data)[start:end])

    def _close(self) -> None:
        file, self._file = self._file, None
        assert file is not None
        if self._filename is None:
            file.seek(0)
            self.fields.append((self._name, file.read().decode("utf-8", "replace")))
            file.close()
            return
        filename = re.split(r"[/\\]", self._filename)[-1]
        kind = self._head.get("content-type", "application/octet-stream")
        self.files.append((self._name, Upload(filename, kind, file)))

    def _end(self) -> None:
        self.complete = True
