"""FileResponse: what the worker tells the gateway of a file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from typhon import FileResponse, Response
from typhon.errors import ResultError
from typhon.results import answer_of


def test_the_answer_names_the_file_and_has_no_body() -> None:
    answer = answer_of(FileResponse("/srv/report.pdf"))
    assert answer == (200, None, [(b":file", b"/srv/report.pdf")], b"")


def test_a_path_becomes_absolute_without_dots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert FileResponse("a/../b.txt").path == str(tmp_path / "b.txt")
    assert FileResponse(Path("/x/./y/../z")).path == "/x/z"


def test_a_name_that_is_no_utf8_is_kept() -> None:
    path = os.fsdecode(b"/srv/\xff")
    assert answer_of(FileResponse(path)).headers == [(b":file", b"/srv/\xff")]


def test_status_type_and_fields_are_those_of_a_response() -> None:
    answer = answer_of(FileResponse("/srv/a", status=404, headers={"X-A": "b"}, content_type="text/x"))
    assert answer[:3] == (404, "text/x", [(b"X-A", b"b"), (b":file", b"/srv/a")])


@pytest.mark.parametrize(
    ("filename", "value"),
    [
        ("report.pdf", 'attachment; filename="report.pdf"'),
        ("a b.pdf", 'attachment; filename="a b.pdf"'),
        ("ö.pdf", "attachment; filename=\"_.pdf\"; filename*=UTF-8''%C3%B6.pdf"),
        ('a"b', "attachment; filename=\"a_b\"; filename*=UTF-8''a%22b"),
        ("a\r\nX: y", "attachment; filename=\"a__X: y\"; filename*=UTF-8''a%0D%0AX%3A%20y"),
        ("50%.txt", "attachment; filename=\"50_.txt\"; filename*=UTF-8''50%25.txt"),
    ],
)
def test_a_download_has_its_name(filename: str, value: str) -> None:
    answer = answer_of(FileResponse("/srv/a", filename=filename))
    assert (b"Content-Disposition", value.encode()) in answer.headers


def test_headers_that_are_none_are_refused_where_they_are_given() -> None:
    with pytest.raises(ResultError, match="headers are a dict"):
        FileResponse("/srv/a", headers=["X: 1"])  # type: ignore[list-item]


def test_no_handler_can_name_a_file_by_a_field() -> None:
    with pytest.raises(ResultError):
        answer_of(Response("body", headers={":file": "/etc/passwd"}))
