"""The charsets that a client may name, as codecs of Python.

They are those of the WHATWG's Encoding standard that Python has, with ASCII and UTF-32. Python's others are
no charsets of texts (idna, undefined), or take time out of all proportion (punycode, utf-7).
"""

from __future__ import annotations

import encodings
from encodings.aliases import aliases

_CODECS = frozenset(
    [
        *("utf_8", "utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le"),
        *("ascii", "latin_1"),
        *(f"iso8859_{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)),
        *(f"cp125{last}" for last in range(9)),
        *("cp866", "cp874", "tis_620", "koi8_r", "koi8_u", "mac_roman", "mac_cyrillic"),
        *("gb2312", "gbk", "gb18030", "big5", "big5hkscs", "cp950"),
        *("euc_jp", "shift_jis", "cp932", "iso2022_jp", "euc_kr", "cp949"),
    ]
)


def codec_of(charset: str) -> str | None:
    """The codec of a charset that a client names; None for one that is none of these.

    The name is looked for in a table alone: `codecs.lookup` keeps each name that it is asked for.
    """
    name = encodings.normalize_encoding(charset).lower()
    codec = aliases.get(name, name)
    return codec if codec in _CODECS else None
