"""Blocks of raw reviews as tables: the same records and errors as single records."""

from __future__ import annotations

import json
import random
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ameli_build.core.records import REVIEWS, Rejected, Review
from ameli_build.ingest import raw_files
from ameli_build.ingest.raw_files import read_rows, rejected_of
from ameli_build.ingest.raw_records import BadRecord, review_of
from ameli_build.ingest.raw_tables import ReviewFile

ODD: dict[str, list[Any]] = {
    "review_id": [None, "", " ", "a/b", "..", ".", "a\\b", 7, "x\ty", "é", "a..b", "\x1c", "\u2003"],
    "sku": [None, "", "../s", 12, "s 1"],
    "title": [None, "", 5, "n\0l", "“Good”", ["t"]],
    "text": [None, "", True, "\u202e\u200b😀", "a\0", {"a": 1}],
    "rating": [10**310, None, "4", 4.0, 4.5, "four", True, "", " 3 ", 10**30, -2, "1" * 20, "5.0", 2**63, -(2**63)],
    "helpful": [10**320, None, "3", -1, "many", 2.0, 2**63, False, [], "+4", "-2", 1e300, 2**53],
    "unhelpful": [None, "0", 0, -5, 1.5],
    "images": [
        None, [], "a.jpg", ["a.jpg", None], ["../a.jpg"], ["a/../../b"], ["http://x/y.jpg"], ["HTTPS://x/y"], [""],
        ["C:\\a"],
        ["ftp://x"], ["data:x"], ["/etc/x"], ["a/./b"], ["é.jpg", "a b.jpg"], ["a\0"], ["http://a\0"], [5], {},
        ["a.jpg", "a.jpg"],
    ],
    "product_details_sku": [None, "", " ", "s2", "../x", 4],
    "author": [None, "", "Ann", 3],
    "submitted_at": [None, "", "2024-01-01", 20240101],
    "other": [None, 1, -0.0, 0.1, 1e-7, 1e300, "x", True, {"b": 1, "a": [1]}, [1], 10**25, "é\u2028", 5e-324],
}  # fmt: skip
LINES = [
    b"", b"   ", b"{", b"[]", b"null", b"7", b'{"review_id": "r", "sku": "s"} x', b'{"review_id": "r1x", "sku": "s"}\r',
    b'\xef\xbb\xbf{"review_id": "bom", "sku": "s"}', b'{"review_id": "caf\xe9", "sku": "s"}', b'{"a": 1}{"b": 2}',
    b'{"review_id": "sur\\ud800", "sku": "s"}', b'{"review_id": "pair", "sku": "s", "text": "\\ud83d\\ude00"}',
    b'{"review_id": "dup", "sku": "a", "sku": "b"}', b'{"review_id": "nan", "sku": "s", "rating": NaN}',
    b'{"review_id": "big", "sku": "s", "x": 123456789012345678901234567890, "y": 1e999, "z": -0}',
    b'{"review_id": "deep", "sku": "s", "x": ' + b"[" * 2000 + b"]" * 2000 + b"}",
    b'{"review_id": "tab\t", "sku": "s"}', b'{"review_id": "e", "sku": "s", "rating": 1e0}',
    b'{"review_id": "zero", "sku": "s", "rating": -0, "helpful": -0.0, "x": -0}',
]  # fmt: skip


def usual(number: int) -> dict[str, Any]:
    return {"review_id": f"r{number}", "sku": f"s{number % 7}", "text": "word " * (number % 9), "images": ["a/b.jpg"]}


def raw_lines(rng: random.Random, size: int) -> list[bytes]:
    """Lines of usual records, of records with one or two odd fields, odd lines, and repeated links."""
    lines: list[bytes] = []
    for number in range(size):
        record = usual(number)
        for field in rng.sample(sorted(ODD), rng.choice((0, 0, 1, 2))):
            record[field] = rng.choice(ODD[field])
        lines.append(json.dumps(record, ensure_ascii=rng.random() < 0.5).encode())
        if rng.random() < 0.1:
            lines.append(rng.choice([*LINES, lines[-1]]))
    return lines


def one_by_one(path: Path) -> tuple[list[Review], list[Rejected]]:
    """The records read row by row, with the first record of a link, and the rejected rows."""
    found: dict[tuple[str, str], Review] = {}
    rejected = []
    for row in read_rows(path):
        error = row.error
        if row.record is not None:
            try:
                made = review_of(row.record, f"f:{row.line}")
                key = (made.review_id, made.sku)
                error = "duplicate review_id and sku: {}, {}".format(*key) if key in found else ""
                found.setdefault(key, made)
            except BadRecord as bad:
                error = str(bad)
        if error:
            rejected.append(rejected_of("f", row, error))
    return list(found.values()), rejected


def check_equal(path: Path) -> tuple[int, int]:
    """Compare blocks with single records; the numbers of accepted and rejected rows."""
    file = ReviewFile(path, "f")
    table = pl.concat(list(file.tables())).unique(["review_id", "sku"], keep="first", maintain_order=True).drop("line")
    expected, expected_rejected = one_by_one(path)
    assert table.schema == REVIEWS
    assert table.to_dicts() == [{**asdict(review), "images": list(review.images)} for review in expected]
    assert file.rejected == expected_rejected
    assert file.links == table.height
    return table.height, len(expected_rejected)


@pytest.mark.parametrize("seed", range(3))
def test_blocks_and_single_records_give_equal_reviews(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw_files, "_BLOCK_ROWS", 97)
    path = tmp_path / "reviews.jsonl"
    path.write_bytes(b"\n".join(raw_lines(random.Random(seed), 1500)))
    taken, rejected = check_equal(path)
    assert taken > 500
    assert rejected > 200


def test_each_odd_value_and_line_is_read_alone(tmp_path: Path) -> None:
    path = tmp_path / "reviews.jsonl"
    odd = [usual(n) | {field: value} for n, (field, value) in enumerate((f, v) for f, vs in ODD.items() for v in vs)]
    path.write_bytes(b"\n".join([*(json.dumps(record).encode() for record in odd), *LINES]))
    taken, rejected = check_equal(path)
    assert taken + rejected == len(odd) + len(LINES)


def test_files_with_only_good_lines_or_a_single_good_line(tmp_path: Path) -> None:
    path = tmp_path / "reviews.jsonl"
    path.write_text("\n".join(json.dumps(usual(n)) for n in range(500)))
    assert check_equal(path) == (500, 0)
    path.write_text("\n".join(["{}"] * 300 + [json.dumps(usual(1))]) + "\n")
    assert check_equal(path) == (1, 300)


def test_parquet_blocks_and_single_records_give_equal_reviews(tmp_path: Path) -> None:
    path = tmp_path / "reviews.parquet"
    rows = [usual(n) | {"helpful": n - 2, "extra_score": 0.5 * n, "author": None} for n in range(50)]
    pl.DataFrame([*rows, rows[9]]).write_parquet(path)
    assert check_equal(path) == (48, 3)
