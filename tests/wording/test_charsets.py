"""An invalid byte costs one character."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from catalog.test_catalog_build import product_url, reviews_url, topic
from shops.page_shapes import heading, page

from ameli_build.archive.records import Response
from ameli_build.archive.store import Archive
from ameli_build.catalog.build import STAGE
from ameli_build.core.cache import in_process
from ameli_build.core.execution import run_stage
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.wording.charsets import charset_of, in_utf8, page_text

SENTENCE = "Füße — “très” bien"


@pytest.mark.parametrize("bad", [b"\xf0\x9f\x91", b"\xe2\x80", b"\xff", b"\xc3", b"\x80"])
@pytest.mark.parametrize("shape", ['{"text": "%s"}', "<html><p>%s</p></html>", '<meta charset="utf-8"><p>%s</p>'])
def test_one_bad_sequence_is_one_character(bad: bytes, shape: str) -> None:
    whole = shape % f"{SENTENCE}BAD {SENTENCE}"
    text = page_text(whole.encode().replace(b"BAD", bad))
    assert text == whole.replace("BAD", "\ufffd")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("windows-1251", "Лампа красная"),
        ("shift_jis", "赤いランプです"),
        ("utf-16-le", "A lamp — très"),
        ("windows-1252", SENTENCE),
        ("utf-8", SENTENCE),
    ],
)
def test_the_header_gives_the_character_set(name: str, text: str) -> None:
    body = f"<p>{text}</p>".encode(name)
    assert page_text(in_utf8(body, f"text/html; charset={name}")) == f"<p>{text}</p>"


@pytest.mark.parametrize(
    "header", ["", "text/html", "text/html; charset=utf-16", "text/html; charset=no-such", "x; charset=ascii"]
)
def test_a_header_that_contradicts_the_bytes_is_ignored(header: str) -> None:
    assert page_text(in_utf8(f"<p>{SENTENCE}</p>".encode(), header)) == f"<p>{SENTENCE}</p>"


@pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1252", "koi8-r", "utf-8"])
@pytest.mark.parametrize("bad", [b"\xff", b"\xe2\x80", b"\x92"])
@pytest.mark.parametrize("by", ["header", "meta", "both"])
def test_an_invalid_byte_does_not_confirm_a_wrong_character_set(declared: str, bad: bytes, by: str) -> None:
    meta = "" if by == "header" else f'<meta charset="{declared}">'
    header = "text/html" if by == "meta" else f"text/html; charset={declared}"
    body = f"{meta}<p>{SENTENCE}BAD {SENTENCE}".encode().replace(b"BAD", bad)
    assert page_text(in_utf8(body, header)) == f"{meta}<p>{SENTENCE}\ufffd {SENTENCE}"


@pytest.mark.parametrize(
    ("declared", "written", "text"),
    [
        ("iso-8859-1", "cp1252", "“déjà vu” – 5 €"),
        ("iso-8859-9", "cp1254", "“çok güzel” – ışık"),
        ("gb2312", "gb18030", "红灯镕"),
        ("shift_jis", "cp932", "赤いランプ①"),
    ],
)
@pytest.mark.parametrize("by", ["header", "meta"])
def test_a_name_has_the_meaning_that_browsers_give_it(declared: str, written: str, text: str, by: str) -> None:
    meta = "" if by == "header" else f'<meta charset="{declared}">'
    header = "text/html" if by == "meta" else f"text/html; charset={declared}"
    assert page_text(in_utf8(f"{meta}<p>{text}".encode(written), header)) == f"{meta}<p>{text}"


def test_a_byte_order_mark_precedes_meta_and_meta_precedes_the_bytes() -> None:
    assert (
        page_text(b'\xef\xbb\xbf<meta charset="koi8-r">' + "é\udcff".encode("utf-8", "surrogateescape"))[-2:]
        == "é\ufffd"
    )
    assert page_text("\ufeffé".encode("utf-16-le")) == "é"
    assert page_text("\ufeffé".encode("utf-16-be")) == "é"
    assert page_text('<meta charset="koi8-r">Лампа'.encode("koi8-r")).endswith("Лампа")
    assert page_text("<p>caf\xe9, d\xe9j\xe0 vu".encode("latin-1")) == "<p>café, déjà vu"


@pytest.mark.parametrize("content_type", ["text/html; charset=base64", "text/html; charset=", 'x; charset="', "\0"])
def test_no_content_type_raises(content_type: str) -> None:
    assert charset_of(content_type) == ""


def test_the_catalog_uses_the_header_of_each_answer(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "raw")
    url = product_url("7")
    body = page(heading("Füße", sku="7")).decode().encode("windows-1252")
    headers = (("Content-Type", "text/html; charset=windows-1252"),)
    archive.add("page", Response(url, url, 200, "OK", headers, body, body), sku="7")
    rows = json.dumps({"topics": [topic("r1", "7", "7") | {"text": "très bien X"}]}, ensure_ascii=False)
    body = rows.encode().replace(b"X", b"\xf0\x9f")
    archive.add("reviews", Response(reviews_url("7"), reviews_url("7"), 200, "OK", (), body, body))
    archive.close()
    run_stage(STAGE, Snapshot(tmp_path), Settings(), in_process)
    assert Snapshot(tmp_path).read("catalog/products")["name"].to_list() == ["Füße"]
    assert Snapshot(tmp_path).read("catalog/reviews")["text"].to_list() == ["très bien \ufffd"]
