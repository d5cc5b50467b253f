"""Request: what its bytes mean."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from typhon import HTTPError, Request, Upload


def made(data: bytes = b"", content_type: str = "", query: bytes = b"", **headers: str) -> Request:
    pairs = [("Content-Type", content_type)] if content_type else []
    return Request("POST", "/python/x", data=data, query=query, headers=[*pairs, *headers.items()])


@pytest.mark.parametrize(
    ("data", "content_type", "body"),
    [
        (b"", "application/json", None),
        (b"", "", None),
        (b'{"a": 1}', "application/json", {"a": 1}),
        (b'{"a": 1}', "Application/JSON; charset=utf-8", {"a": 1}),
        (b"[1]", "application/problem+json", [1]),
        (b'{"a": 1}', "text/plain", '{"a": 1}'),
        (b'{"a": 1}', "", '{"a": 1}'),
        (b"null", "application/json", None),
        ("größe".encode(), "text/plain", "größe"),
        (b"\xff\xfe", "text/plain", b"\xff\xfe"),
        (b"a=1", "application/x-www-form-urlencoded", "a=1"),
    ],
)
def test_body_is_json_text_or_bytes(data: bytes, content_type: str, body: Any) -> None:
    assert made(data, content_type).body == body


def test_bad_json_is_a_400_with_the_position() -> None:
    with pytest.raises(HTTPError, match=r"400 .*line 1 column 2 \(byte 1\)"):
        _ = made(b"[x]", "application/json").body


def test_json_ignores_the_content_type_and_refuses_an_empty_body() -> None:
    assert made(b"[1]", "text/plain").json == [1]
    with pytest.raises(HTTPError, match="400 the body is empty"):
        _ = made(b"").json


@pytest.mark.parametrize(
    ("content_type", "text"),
    [("text/plain; charset=latin-1", "\xe9"), ("text/plain", "�"), ("text/plain; charset=unheard-of", "�")],
)
def test_text_follows_the_charset(content_type: str, text: str) -> None:
    assert made(b"\xe9", content_type).text == text


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("UTF-16LE", "utf-16-le"),
        ("windows-1251", "cp1251"),
        ("ISO-8859-5", "iso8859-5"),
        ('"koi8-r"', "koi8-r"),
        ("x-sjis", None),
        ("Shift_JIS", None),
        ("gb2312", None),
        ("us-ascii", None),
    ],
)
def test_text_knows_the_charsets_of_the_web(charset: str, codec: str | None) -> None:
    word = "мир" if codec else "plain"
    assert made(word.encode(codec or "ascii"), f"text/plain; charset={charset}").text == word


@pytest.mark.parametrize(
    "charset",
    ["idna", "undefined", "punycode", "utf-7", "unicode_escape", "hex", "rot13", "a\0b", "\xe9", ""],
)
def test_a_charset_that_is_none_of_a_text_counts_as_unknown(charset: str) -> None:
    """Python has codecs of these names: some refuse most bytes, some take minutes for a body."""
    assert made("größe +AGE- \\x41".encode(), f"text/plain; charset={charset}").text == "größe +AGE- \\x41"


def test_query_parameters_are_decoded_and_the_last_value_wins() -> None:
    params = made(query=b"a=1&b=x+y%26z&a=2&empty=&n=gr%C3%B6%C3%9Fe").query_params
    assert params == {"a": "2", "b": "x y&z", "empty": "", "n": "größe"}
    assert params.getlist("a") == ["1", "2"]


def test_too_many_query_parameters_are_a_400() -> None:
    with pytest.raises(HTTPError, match="400 more than 1000 query parameters"):
        _ = made(query=b"&".join([b"a=1"] * 1001)).query_params


@given(query=st.binary(max_size=200))
def test_no_query_makes_trouble(query: bytes) -> None:
    assert isinstance(made(query=query).query_params, dict)


def test_cookies_are_a_dict() -> None:
    assert made(Cookie='a=1; b="two"; broken; =x; a=3').cookies == {"a": "1", "b": "two"}


def test_a_urlencoded_form_has_fields() -> None:
    form = made(b"name=A+B&tag=1&tag=2", "application/x-www-form-urlencoded; charset=utf-8").form
    assert form == {"name": "A B", "tag": "2"}
    assert form.getlist("tag") == ["1", "2"]


BOUNDARY = "multipart/form-data; boundary=XX"
MULTIPART = (
    b'--XX\r\nContent-Disposition: form-data; name="note"\r\n\r\nl\xc3\xb6ng\r\n\r\ntext\r\n'
    b'--XX\r\nContent-Disposition: form-data; name="f"; filename="../../a.bin"\r\n'
    b"Content-Type: image/png\r\n\r\n\x00\xff\r\n\r\n"
    b'--XX\r\nContent-Disposition: form-data; name="f"; filename="b"\r\n\r\nB\r\n--XX--\r\n'
)


def test_a_multipart_form_has_fields_and_files() -> None:
    request = made(MULTIPART, BOUNDARY)
    assert request.form == {"note": "löng\r\n\r\ntext"}
    assert request.files.getlist("f") == [
        Upload("a.bin", "image/png", b"\x00\xff\r\n"),
        Upload("b", "application/octet-stream", b"B"),
    ]


def test_other_types_have_no_form() -> None:
    assert made(b"a=1", "text/plain").form == {}
    assert made(b"a=1", "text/plain").files == {}


@pytest.mark.parametrize(
    ("data", "content_type", "reason"),
    [
        (MULTIPART[:-4], BOUNDARY, "ends before its last boundary"),
        (MULTIPART, "multipart/form-data", "no usable boundary"),
        (b"--XX\r\n\r\nx\r\n--XX--", BOUNDARY, "no head|no name"),
        (b"--XX\r\nContent-Disposition: form-data\r\n\r\nx\r\n--XX--", BOUNDARY, "no name"),
    ],
)
def test_a_broken_multipart_body_is_a_400(data: bytes, content_type: str, reason: str) -> None:
    with pytest.raises(HTTPError, match=f"400 .*({reason})"):
        _ = made(data, content_type).form


@given(data=st.binary(max_size=300))
def test_no_multipart_body_makes_more_trouble_than_a_400(data: bytes) -> None:
    with contextlib.suppress(HTTPError):
        assert isinstance(made(b"--XX\r\n" + data + b"\r\n--XX--", BOUNDARY).form, dict)
