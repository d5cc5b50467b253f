"""HTTPError and abort."""

from __future__ import annotations

import pickle

import pytest

from typhon import HTTPError, abort


def test_abort_raises_what_the_client_reads() -> None:
    with pytest.raises(HTTPError) as caught:
        abort(404, "no such user", {"X-Hint": "a"})
    assert (caught.value.status, caught.value.message, caught.value.headers) == (
        404,
        "no such user",
        {"X-Hint": "a"},
    )


def test_a_status_without_message_has_its_phrase() -> None:
    assert HTTPError(418).message == "i'm a teapot"
    assert HTTPError(499).message == "error"


@pytest.mark.parametrize("status", [200, 302, 399, 600, "404", True])
def test_a_status_that_is_no_error_is_refused(status: object) -> None:
    with pytest.raises(ValueError, match="from 400 to 599"):
        HTTPError(status)  # type: ignore[arg-type]


def test_an_error_travels_between_processes() -> None:
    copy = pickle.loads(pickle.dumps(HTTPError(409, "taken", {"Retry-After": "1"})))
    assert (copy.status, copy.message, copy.headers) == (409, "taken", {"Retry-After": "1"})
