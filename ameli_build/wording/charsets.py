"""Decoding of response bodies to text: a bad byte costs one character, not all others."""

from __future__ import annotations

import codecs
import re
from email.message import Message

_META = re.compile(rb"""(?:charset|encoding)=["']?([A-Za-z0-9_.:-]+)""", re.I)
_SEQUENCE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")
_LONE = re.compile(rb"(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff])")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = ("utf-16", "utf-32")
_SUPERSETS = {"iso8859-1": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932"}
"""Larger character sets that browsers use for these names; servers often mean them."""


def page_text(body: bytes) -> str:
    """The text of a body: by its byte-order mark, in UTF-8 if that fits, else by its `meta` element or its bytes.

    Bytes that do not fit become U+FFFD.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body.decode(name, errors="replace").removeprefix("\ufeff")
    try:
        return body.decode()
    except UnicodeDecodeError:
        name = "utf-8" if _is_utf8_for_most(body) else _declared(body) or _detected(body)
        return body.decode(name, errors="replace")


def in_utf8(body: bytes, content_type: str) -> bytes:
    """A body for `page_text`, which sees no headers: converted to UTF-8 if the header names its character set.

    A header that contradicts the bytes is ignored; many name the default of their server.
    """
    name = charset_of(content_type)
    wide = name.startswith(_WIDE)
    if not name or body.startswith(tuple(mark for mark, _ in _BOMS)) or wide != (b"\0" in body[:4096]):
        return body
    if not wide and (body.isascii() or (name != "utf-8" and _is_utf8_for_most(body))):
        return body
    return codecs.BOM_UTF8 + body.decode(name, errors="replace").encode("utf-8", "replace")


def _is_utf8_for_most(body: bytes) -> bool:
    """Whether most bytes beyond ASCII are valid UTF-8; in other character sets, hardly any are."""
    text = body.decode(errors="replace")
    lost = text.count("\ufffd")
    return len(text) - len(text.encode("ascii", "ignore")) > 2 * lost


def charset_of(content_type: str) -> str:
    """Python's name of the character set in a `Content-Type`; "" if it is missing, unknown or ASCII.

    >>> charset_of("text/html; charset=UTF8"), charset_of("text/html; charset=nonsense")
    ('utf-8', '')
    """
    message = Message()
    message["Content-Type"] = content_type
    name = _known(str(message.get_content_charset() or ""))
    return "" if name == "ascii" else name


def _known(name: str) -> str:
    """Python's name of a character set; "" if it is unknown."""
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    if not found._is_text_encoding:  # there are "base64" and the like as well
        return ""
    return _SUPERSETS.get(found.name, found.name)


def _declared(body: bytes) -> str:
    """The character set in a page's `meta` element, UTF-8 if it is unknown; "" without such an element."""
    found = _META.search(body[:4096]) if body.lstrip()[:1] == b"<" else None
    return (_known(found[1].decode()) or "utf-8") if found else ""


def _detected(body: bytes) -> str:
    """UTF-8 for JSON, or if the body has more UTF-8 sequences than single bytes outside ASCII; else Windows-1252."""
    if body.lstrip()[:1] in (b"{", b"[") or len(_SEQUENCE.findall(body)) > len(_LONE.findall(body)):
        return "utf-8"
    return "cp1252"
