"""MultiDict and Headers."""

from __future__ import annotations

import json
import pickle

from typhon import Headers, MultiDict


def test_the_last_value_wins_and_getlist_has_all() -> None:
    params = MultiDict([("a", "1"), ("b", "2"), ("a", "3")])
    assert params == {"a": "3", "b": "2"}
    assert params.getlist("a") == ["1", "3"]
    assert params.getlist("missing") == []


def test_a_multidict_encodes_as_a_dict_and_travels() -> None:
    params = MultiDict([("a", "1"), ("a", "2")])
    assert json.dumps(params) == '{"a": "2"}'
    assert pickle.loads(pickle.dumps(params)).getlist("a") == ["1", "2"]


def test_headers_are_found_in_any_case_and_listed_as_received() -> None:
    headers = Headers([("Content-Type", "text/plain"), ("X-A", "1"), ("x-a", "2")])
    assert headers["content-type"] == headers["CONTENT-TYPE"] == "text/plain"
    assert "CONTENT-type" in headers
    assert "missing" not in headers
    assert list(headers) == ["Content-Type", "X-A"]
    assert headers["x-A"] == "2"
    assert headers.getlist("X-a") == ["1", "2"]
    assert headers.get("missing") is None
    assert headers.get("missing", "-") == "-"
    assert headers.get("x-a") == "2"
    assert pickle.loads(pickle.dumps(headers))["x-A"] == "2"
