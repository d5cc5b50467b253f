"""Set-Cookie fields (RFC 6265). Pure."""

from __future__ import annotations

import datetime as dt
import re
from email.utils import format_datetime
from typing import Literal

SameSite = Literal["lax", "strict", "none"]

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")  # section 4.1.1
_ATTRIBUTE = re.compile(r"[\x20-\x3a\x3c-\x7e]*")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def set_cookie_field(
    name: str,
    value: str,
    *,
    max_age: float | None = None,
    expires: dt.datetime | None = None,
    path: str | None = "/",
    domain: str | None = None,
    secure: bool = False,
    httponly: bool = False,
    samesite: SameSite | None = "lax",
    partitioned: bool = False,
) -> str:
    """The value of a Set-Cookie field. `typhon.Response.set_cookie` says what the attributes are.

    Raises:
        ValueError: a name, value or attribute that cannot be in such a field, or a combination that browsers
            refuse.
    """
    _check(name, value, path, domain)
    if samesite not in (None, "lax", "strict", "none"):
        raise ValueError(f"samesite is lax, strict, none or None, not {samesite!r}")
    if (samesite == "none" or partitioned) and not secure:
        raise ValueError(f"browsers refuse the cookie {name}: samesite=none and partitioned need secure=True")
    attributes = {
        "Max-Age": None if max_age is None else str(int(max_age)),
        "Expires": None if expires is None else _date(expires),
        "Path": path,
        "Domain": domain,
        "SameSite": samesite.capitalize() if samesite else None,
    }
    flags = {"Secure": secure, "HttpOnly": httponly, "Partitioned": partitioned}
    named = [f"{key}={text}" for key, text in attributes.items() if text is not None]
    return "; ".join([f"{name}={value}", *named, *(flag for flag, is_set in flags.items() if is_set)])


def delete_cookie_field(name: str, *, path: str | None = "/", domain: str | None = None) -> str:
    """The Set-Cookie field that has a browser forget a cookie of this name, path and domain.

    Raises:
        ValueError: as `set_cookie_field`.
    """
    _check(name, "", path, domain)
    secure = name.startswith(("__Secure-", "__Host-"))
    return set_cookie_field(name, "", max_age=0, expires=_EPOCH, path=path, domain=domain, secure=secure)


def _check(name: str, value: str, path: str | None, domain: str | None) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not the name of a cookie")
    if not _VALUE.fullmatch(value):
        hint = "encode it, with urllib.parse.quote for instance"
        raise ValueError(f"the value of the cookie {name} holds a character that cookies cannot have: {hint}")
    for attribute in (path, domain):
        if attribute is not None and not _ATTRIBUTE.fullmatch(attribute):
            raise ValueError(f"{attribute!r} cannot be an attribute of the cookie {name}")


def _date(moment: dt.datetime) -> str:
    """RFC 9110, section 5.6.7; a time without a zone is taken for UTC."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)
    return format_datetime(aware.astimezone(dt.UTC), usegmt=True)
