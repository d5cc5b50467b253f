"""An answer that is a file, which the gateway reads and sends."""

from __future__ import annotations

import os
from urllib.parse import quote

from typhon.headers import pairs_of
from typhon.responses import HeaderInput, Response


class FileResponse(Response):
    """A file. The worker only names it: the gateway sends it, with ETag, 304 and ranges.

    The file must lie beneath a ``--file-root`` of the gateway, which is the application's directory unless
    another one is given; else the client gets a 500, and 404 when there is no such file.

    Args:
        path: of a regular file; relative to the working directory when it is not absolute.
        filename: a download under this name; without it the browser may show the file.
        status: 200 to 599. Conditions and ranges of the request count for 200 alone.
        headers: further fields. The gateway writes ETag, Last-Modified and those of ranges itself.
        content_type: by the ending of ``path`` when left out.
    """

    __slots__ = ("path",)

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        filename: str | None = None,
        status: int = 200,
        headers: HeaderInput | None = None,
        content_type: str | None = None,
    ) -> None:
        fields = pairs_of(() if headers is None else headers)
        if filename is not None:
            fields.append(("Content-Disposition", _attachment(filename)))
        super().__init__(None, status, fields, content_type)
        self.path = os.path.abspath(path)  # noqa: PTH100  (it also takes out "..")


def _attachment(filename: str) -> str:
    """Content-Disposition of RFC 6266: the name in ASCII for old clients, and as it is."""
    plain = "".join(c if " " <= c <= "~" and c not in '"\\%' else "_" for c in filename)
    if plain == filename:
        return f'attachment; filename="{plain}"'
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
