"""The parts of a multipart/form-data body (RFC 7578), in memory."""

from __future__ import annotations

import re

from typhon.errors import HTTPError
from typhon.uploads import Upload

MAX_PART_HEAD = 8192

_PARAMETER = re.compile(r';\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;"\s]*))')


def parse_multipart(
    data: bytes, boundary: str, max_parts: int
) -> tuple[list[tuple[str, str]], list[tuple[str, Upload]]]:
    """The (name, text) fields and the (name, file) pairs, each in order.

    Raises:
        HTTPError: 400 for a body without its last boundary, a part without a name, or more than
        ``max_parts`` parts.
    """
    delimiter = b"\r\n--" + boundary.encode("latin-1", "replace")
    pieces = (b"\r\n" + data).split(delimiter, max_parts + 2)
    if len(pieces) > max_parts + 2:
        raise HTTPError(400, f"the multipart body has more than {max_parts} parts")
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise HTTPError(400, "the multipart body ends before its last boundary")
    fields: list[tuple[str, str]] = []
    files: list[tuple[str, Upload]] = []
    for piece in pieces[1:-1]:
        name, value = _part(piece)
        if isinstance(value, Upload):
            files.append((name, value))
        else:
            fields.append((name, value))
    return fields, files


def _part(piece: bytes) -> tuple[str, str | Upload]:
    head, separator, content = piece.lstrip(b" \t").partition(b"\r\n\r\n")
    if not separator or len(head) > MAX_PART_HEAD:
        raise HTTPError(400, "a part of the multipart body has no head")
    fields = _head(head)
    parameters = {
        key.lower(): quoted.replace("\\\\", "\\").replace('\\"', '"') if quoted else bare
        for key, quoted, bare in _PARAMETER.findall(fields.get("content-disposition", ""))
    }
    if "name" not in parameters:
        raise HTTPError(400, "a part of the multipart body has no name")
    if "filename" not in parameters:
        return parameters["name"], content.decode("utf-8", "replace")
    filename = re.split(r"[/\\]", parameters["filename"])[-1]
    return parameters["name"], Upload(
        filename, fields.get("content-type", "application/octet-stream"), content
    )


def _head(head: bytes) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, _, value = line.partition(":")
        fields[name.strip().lower()] = value.strip()
    return fields
