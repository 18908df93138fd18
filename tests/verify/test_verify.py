"""Snapshots that `verify` accepts, and problems that it finds."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from made import released_snapshot

from ameli_build.core.checksums import write_released
from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.snapshot import Snapshot, write_json, write_table
from ameli_build.verify import verify


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return released_snapshot(tmp_path / "snapshot")


def rewrite(snapshot: Snapshot, name: str, table: pl.DataFrame) -> None:
    """Change a table and its checksum, as after an edit by hand."""
    write_table(snapshot.dataset / f"{name}.parquet", table)
    (snapshot.dataset / "SHA256SUMS").unlink()
    write_released(snapshot.dataset)


def test_a_good_snapshot_is_valid(snapshot: Snapshot) -> None:
    assert "hold" in verify(snapshot)


def test_a_snapshot_without_a_release_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="run build first"):
        verify(Snapshot(tmp_path))


def test_a_changed_file_is_reported(snapshot: Snapshot) -> None:
    card = snapshot.dataset / "README.md"
    card.write_text(card.read_text() + "more")
    with pytest.raises(RunFailed, match=r"README\.md: content differs"):
        verify(snapshot)


def test_a_missing_and_a_strange_file_are_reported(snapshot: Snapshot) -> None:
    (snapshot.dataset / "stats.json").rename(snapshot.dataset / "numbers.json")
    with pytest.raises(RunFailed, match=r"stats\.json: listed.*numbers\.json: not listed"):
        verify(snapshot)


def test_an_image_whose_content_differs_from_its_name_is_reported(snapshot: Snapshot) -> None:
    image = next((snapshot.root / "raw" / "images").iterdir())
    image.unlink()
    image.write_bytes(b"other")
    with pytest.raises(RunFailed, match="content differs from its name"):
        verify(snapshot)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (pl.col("mention_start") + 1, "mention offsets"),
        (pl.lit("p9").alias("sku"), "not in the knowledge base"),
        (pl.lit(["p1"]).alias("candidates"), "not among the candidates"),
        (pl.lit("r6").alias("review_id"), "in a split and dropped"),
        (pl.lit([]).cast(pl.List(pl.String)).alias("images"), "images"),
    ],
)
def test_a_broken_rule_is_reported(snapshot: Snapshot, change: pl.Expr, said: str) -> None:
    test = pl.read_parquet(snapshot.dataset / "test.parquet")
    rewrite(snapshot, "test", test.head(1).with_columns(change))
    with pytest.raises(RunFailed, match=said):
        verify(snapshot)


def test_a_product_in_two_splits_is_reported(snapshot: Snapshot) -> None:
    dev = pl.read_parquet(snapshot.dataset / "dev.parquet")
    rewrite(snapshot, "dev", dev.with_columns(sku=pl.lit("p4")))
    with pytest.raises(RunFailed, match="more than one split"):
        verify(snapshot)


def test_a_product_without_category_is_valid(snapshot: Snapshot) -> None:
    products = pl.read_parquet(snapshot.dataset / "products.parquet")
    rewrite(snapshot, "products", products.with_columns(categories=pl.lit([]).cast(pl.List(pl.String))))
    assert "hold" in verify(snapshot)


def test_the_policy_of_the_splits_is_read_from_their_stage(snapshot: Snapshot) -> None:
    """Later commands write their own settings into run.json; the settings of the splits stage count."""
    dev = pl.read_parquet(snapshot.dataset / "dev.parquet")
    rewrite(snapshot, "dev", dev.with_columns(sku=pl.lit("p4")))
    mark = {"settings": {"splits": {"policy": "review"}}}
    write_json(snapshot.root / "stages" / "splits" / "stage.json", mark)
    assert "hold" in verify(snapshot)


class Listener:
    """A server on loopback that records the requested paths."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def listener() -> Iterator[Listener]:
    started = Listener()
    yield started
    started.server.shutdown()
    started.server.server_close()


def change_schema(snapshot: Snapshot, name: str, schema: Any) -> None:
    """Replace a schema and its checksum."""
    path = snapshot.dataset / "schema" / f"{name}.json"
    path.unlink()
    path.write_text(schema if isinstance(schema, str) else json.dumps(schema))
    (snapshot.dataset / "SHA256SUMS").unlink()
    write_released(snapshot.dataset)


@pytest.mark.parametrize("name", ["test", "products", "stats"])
@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "URL/schema.json"},
        {"anyOf": [{"$ref": "URL/x#/defs/y"}, {"$ref": "URL/z"}]},
        {"$id": "URL/base.json", "allOf": [{"$ref": "other.json"}]},
        {"$dynamicRef": "URL/dynamic"},
        {"$ref": "FILE"},
    ],
)
def test_no_schema_is_fetched(snapshot: Snapshot, listener: Listener, name: str, schema: Any, tmp_path: Path) -> None:
    (tmp_path / "private.json").write_text("{}")
    text = json.dumps(schema).replace("URL", listener.url).replace("FILE", (tmp_path / "private.json").as_uri())
    change_schema(snapshot, name, text)
    with pytest.raises(RunFailed, match=rf"schema/{name}\.json: not a self-contained schema"):
        verify(snapshot)
    assert listener.asked == []


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"$ref": "#"}, "not a self-contained schema"),
        ({"type": "strange"}, "not a self-contained schema"),
        ("[" * 100_000, "cannot be read"),
        ('{"minimum": ', "cannot be read"),
        ({"properties": {"text": {"pattern": "^(a+)+$"}}}, "a pattern that no build writes"),
        ({"patternProperties": {"(x*)*y": {}}}, "a pattern that no build writes"),
        (3, "not a self-contained schema"),
    ],
)
def test_a_harmful_schema_is_reported(snapshot: Snapshot, schema: Any, said: str) -> None:
    change_schema(snapshot, "test", schema)
    with pytest.raises(RunFailed, match=said):
        verify(snapshot)


@pytest.mark.parametrize("body", [b"[" * 100_000, b"\xff\xfe{}", b"{"])
def test_unreadable_statistics_are_reported(snapshot: Snapshot, body: bytes) -> None:
    (snapshot.dataset / "stats.json").write_bytes(body)
    (snapshot.dataset / "SHA256SUMS").unlink()
    write_released(snapshot.dataset)
    with pytest.raises(RunFailed, match=r"stats\.json: cannot be read"):
        verify(snapshot)
