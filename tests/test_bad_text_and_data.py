"""Every line of the bad inputs' "Text and data", through `ameli ingest` and `ameli build`.

The ids of the tests are the lines' words. Each asserts that no row is lost: rows in = rows that stay + rows dropped by
reason + rows unreadable.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ameli_build import cli
from ameli_build.core.settings import SplitSettings
from ameli_build.core.snapshot import Snapshot
from ameli_build.demo.catalogue import make_world
from ameli_build.demo.render import image_bytes
from ameli_build.splits import split_of

Row = bytes | dict[str, Any]

LONG = "fridge " * 500
TWO = {"sku": "s2", "name": "Two", "categories": []}
WRONG: list[dict[str, Any]] = [{"name": 2}, {"categories": "Two"}, {"categories": [2]}]
"""Fields that a product needs, of a wrong type."""
UNREAD: list[dict[str, Any]] = [
    {"description": ["two"]}, {"attributes": {"a": "b"}}, {"attributes": ["Two"]}, {"images": "view.jpg"}, {"url": 2},
    {"variants": "s1"}, {"price": "cheap"}, {"fetched_at": 2},
]  # fmt: skip
"""Fields that a product does not need."""


@dataclass(frozen=True)
class Shop:
    """One product of the demo's world, `s1`, its view and a shopper's photograph of it, in a folder of pictures."""

    folder: Path
    product: dict[str, Any]
    noun: str


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("shop")
    world = make_world(13, 4)
    first = world.products[0]
    photo = next(
        photo
        for review in world.reviews
        for photo in review.photos
        if photo.kind == "photo" and not photo.fault and photo.look and photo.look.kind == first.look.kind
    )
    (folder / "view.jpg").write_bytes(image_bytes(first.images[0]))
    (folder / "photo.jpg").write_bytes(image_bytes(photo))
    categories = [name for _, name in first.category_path]
    product = {"sku": "s1", "name": first.name, "categories": categories, "images": ["view.jpg"]}
    return Shop(folder, product, categories[-1].lower().rstrip("s"))


def review(review_id: str = "r1", **changes: Any) -> dict[str, Any]:
    """A good review of `s1`; a change to Ellipsis removes the field."""
    plain = {"review_id": review_id, "sku": "s1", "text": f"Fine thing, number {review_id}.", "images": ["photo.jpg"]}
    return {name: value for name, value in (plain | changes).items() if value is not ...}


@dataclass(frozen=True)
class Case:
    """One line of the list: its rows, the refused rows with their errors, and the outcome of the other rows.

    `reviews` and `products` are added to the good review `good` and the good product `s1`; `refused` are parts of the
    errors, in the order of the rows; `ends` is the reason for which `clean` drops each review, "" if it stays.
    """

    words: str
    reviews: Sequence[Row] = ()
    products: Sequence[Row] = ()
    refused: Sequence[str] = ()
    ends: dict[str, str] = field(default_factory=dict)
    newline: bytes = b"\n"
    head: bytes = b""


CASES = [
    Case("a blank line", [b"", b"   "], refused=["a blank line"] * 2),
    Case("a cut line", [json.dumps(review()).encode()[:25]], refused=["not JSON"]),
    Case("BOM", [review()], ends={"r1": ""}, head=b"\xef\xbb\xbf"),
    Case("CRLF", [review()], ends={"r1": ""}, newline=b"\r\n"),
    Case("a lone surrogate", [b'{"review_id": "r1", "sku": "s1", "text": "\\ud83d"}'], refused=["surrogate"]),
    Case("NUL", [review(text="a\0b"), review("r\0")], refused=["review_id: not an id"], ends={"r1": ""}),
    Case("a NUL byte as it is", [b'{"review_id": "r1", "sku": "s1", "text": "a\0b"}'], refused=["not JSON"]),
    Case("a non-UTF-8 byte", [b'{"review_id": "r1", "sku": "s1", "text": "caf\xe9"}'], refused=["not UTF-8 at byte"]),
    Case("a row that is not an object", [b"[1]", b'"r1"', b"null", b"3"], refused=["not an object"] * 4),
    Case(
        "a missing field",
        [review(sku=...), {"sku": "s1"}, review("r2", text=..., images=...)],
        [{"sku": "s2", "name": "No path"}],
        ["categories: missing", "sku: missing", "review_id: missing"],
        {"r2": "no_image"},
    ),
    Case(
        "a null field",
        [review(sku=None), review("r2", title=None, helpful=None, unhelpful=None, author=None, rating=None)],
        [{"sku": "s2", "name": None, "categories": []}],
        ["name: null", "sku: null"],
        {"r2": ""},
    ),
    Case(
        "a wrong-typed field",
        [review(text=5), review(sku=["s1"]), review(7)],  # type: ignore[arg-type]
        [{"sku": 2, "name": "Two", "categories": []}, *({**TWO, **wrong} for wrong in WRONG)],
        [
            "sku: not",
            *(f"{field}: not" for wrong in WRONG for field in wrong),
            "text: not",
            "sku: not",
            "review_id: not",
        ],
    ),
    Case(
        "a wrong-typed field that is not needed",
        [review(images="photo.jpg"), review("r2", rating="many"), review("r3", author=3, title=["Mine"])],
        [{**TWO, "sku": f"u{n}", **unread} for n, unread in enumerate(UNREAD)],
        ends={"r1": "no_image", "r2": "", "r3": ""},
    ),
    Case(
        "votes as strings",
        [review(unhelpful="3"), review("r2", helpful="1", unhelpful="3"), review("r3", helpful="many")],
        refused=["helpful: not a whole number"],
        ends={"r1": "only_unhelpful", "r2": ""},
    ),
    Case("negative votes", [review(helpful=-1), review(unhelpful="-2")], refused=["helpful: neg", "unhelpful: neg"]),
    Case("votes both zero", [review(helpful=0, unhelpful=0)], ends={"r1": ""}),
    Case("exactly 500 tokens", [review(text=LONG)], ends={"r1": ""}),
    Case("exactly 501 tokens", [review(text=f"{LONG} fridge")], ends={"r1": "too_long"}),
    Case("emoji", [review(text="Love it \U0001f600\U0001f469\u200d\U0001f469\u200d\U0001f466")], ends={"r1": ""}),
    Case("zero-width characters", [review(text="zero\u200bwidth\u2060 \ufeffthing")], ends={"r1": ""}),
    Case(
        "right-to-left text", [review(text="\u202e\u05d8\u05d5\u05d1 \u0645\u0645\u062a\u0627\u0632")], ends={"r1": ""}
    ),
    Case("HTML entities", [review(text="it&#39;s &lt;b&gt;good&lt;/b&gt; &amp; <i>cheap</i>")], ends={"r1": ""}),
    Case("a 1 MB review", [review(text="word " * 200_000)], ends={"r1": "too_long"}),
    Case("a path upwards in a SKU", [review(sku="../s1")], [{"sku": "../s2"}], ["sku: not an id"] * 2),
    Case("an absolute path in a SKU", [review(sku="/etc/s1")], [{"sku": "C:\\s2"}], ["sku: not an id"] * 2),
    Case("a path upwards in a review id", [review("../../r1"), review("..")], refused=["review_id: not an id"] * 2),
    Case("an absolute path in a review id", [review("/etc/passwd")], refused=["review_id: not an id"]),
    Case(
        "a path upwards in a file name",
        [review(images=["../secret.jpg"]), review("r2", images=["a/../../secret.jpg"])],
        [{**TWO, "images": ["../secret.jpg"]}, {**TWO, "images": ["view.jpg", "a/../../secret.jpg"]}],
        ["images: a path that leaves"] * 4,
    ),
    Case(
        "an absolute path in a file name",
        [review(images=["/etc/passwd"]), review("r2", images=["file:///etc/passwd"])],
        [{**TWO, "images": ["/etc/passwd"]}, {**TWO, "images": ["file:///etc/passwd"]}],
        ["images: a path that leaves", "images: neither a path nor"] * 2,
    ),
    Case(
        "two reviews with one id",
        [review(), review(text="Another text."), review(sku="s2")],
        refused=["duplicate review_id and sku"],
        ends={"r1": ""},
    ),
    Case(
        "a review of a missing product",
        [review(sku="gone"), review("r2", product_details_sku="gone")],
        ends={"r1": "product_missing", "r2": "wrong_variant"},
    ),
    Case(
        "variants in a cycle",
        [review("r1", sku="s2"), review("r2", sku="s3", product_details_sku="s2"), review("r3", sku="s3")],
        [
            {"sku": "s2", "name": "Two", "categories": [], "images": ["view.jpg"], "variants": ["s3", "s2"]},
            {"sku": "s3", "name": "Three", "categories": [], "images": ["view.jpg"], "variants": ["s2"]},
        ],
        ends={"r1": "", "r2": "", "r3": ""},
    ),
    Case(
        "a product without a category",
        [review("r1", sku="s2")],
        [{"sku": "s2", "name": "Two", "categories": [], "images": ["view.jpg"]}],
        ends={"r1": ""},
    ),
]


def ameli(*arguments: str | Path) -> int:
    """Run the command line in this process; its exit status."""
    before = sys.argv
    sys.argv = ["ameli", *map(str, arguments)]
    try:
        with pytest.raises(SystemExit) as ended:
            cli.main()
    finally:
        sys.argv = before
    return int(ended.value.code or 0)


def written(path: Path, rows: Sequence[Row], case: Case | None = None) -> Path:
    lines = [row if isinstance(row, bytes) else json.dumps(row, ensure_ascii=False).encode() for row in rows]
    newline, head = (case.newline, case.head) if case else (b"\n", b"")
    path.write_bytes(head + newline.join(lines) + newline)
    return path


def ingested(root: Path, shop: Shop, products: Sequence[Row], reviews: Sequence[Row], case: Case | None) -> Snapshot:
    """Rows as files, through `ameli ingest`; each row becomes a record or is refused, and counts once."""
    files = [written(root / f"{name}.jsonl", rows, case) for name, rows in (("p", products), ("r", reviews))]
    snapshot = Snapshot(root / "snapshot")
    command = ["ingest", "--products", files[0], "--reviews", files[1], "--images", shop.folder, "--out", snapshot.root]
    assert ameli(*command) == 0
    for name, rows in (("products", products), ("reviews", reviews)):
        refused = [row for row in rejected(snapshot) if row["file"] == f"raw/{name}.jsonl"]
        assert snapshot.read(f"catalog/{name}").height + len(refused) == len(rows)
        assert len({row["line"] for row in refused}) == len(refused)
    return snapshot


def rejected(snapshot: Snapshot) -> list[dict[str, Any]]:
    lines = (snapshot.root / "catalog" / "rejected.jsonl").read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


def fates(snapshot: Snapshot) -> dict[str, str]:
    """The reason for which `clean` dropped each review, "" if it stays; each review of the catalogue occurs once."""
    staying = snapshot.read("clean/reviews")["review_id"].to_list()
    dropped = snapshot.read("clean/dropped").select("review_id", "reason").rows()
    ends = dict.fromkeys(staying, "") | dict(dropped)
    assert len(staying) + len(dropped) == len(ends)
    assert set(ends) == set(snapshot.read("catalog/reviews")["review_id"])
    return ends


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.words)
def test_rows_of_a_case_are_refused_or_dropped_as_expected(
    case: Case, shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    snapshot = ingested(tmp_path, shop, [shop.product, *case.products], [review("good"), *case.reviews], case)
    errors = [row["error"] for row in rejected(snapshot)]
    assert len(errors) == len(case.refused)
    assert all(part in error for part, error in zip(case.refused, errors, strict=True)), errors
    assert ameli("build", snapshot.root, "--profile", "demo", "--until", "clean", "--workers", "1") == 0
    assert fates(snapshot) == {"good": "", **case.ends}
    output = capsys.readouterr().err
    assert "Traceback" not in output
    assert ("unusable raw records" in output) == bool(case.refused)
    given = first_texts([review("good"), *case.reviews])
    for review_id, text in snapshot.read("clean/reviews").select("review_id", "text").iter_rows():
        assert text == cleaned(given[review_id])


CLEANED = {
    "it&#39;s &lt;b&gt;good&lt;/b&gt; &amp; <i>cheap</i>": "it's <b>good</b> & cheap",
    "a\0b": "ab",
}


def cleaned(text: str) -> str:
    """A text as the catalogue stores it."""
    for raw, plain in CLEANED.items():
        text = text.replace(raw, plain)
    return text


def first_texts(rows: Sequence[Row]) -> dict[str, str]:
    """The text of the first row of each id, which must stay."""
    given = [row for row in rows if isinstance(row, dict) and "text" in row and isinstance(row.get("review_id"), str)]
    return {row["review_id"]: row["text"] for row in reversed(given)}


def released(snapshot: Snapshot) -> dict[str, str]:
    """Split or reason of each review after a whole build, which `ameli verify` then accepts."""
    assert ameli("build", snapshot.root, "--profile", "demo", "--workers", "1") == 0
    assert ameli("verify", snapshot.root) == 0
    tables = {name: pl.read_parquet(snapshot.dataset / f"{name}.parquet") for name in ("train", "dev", "test")}
    ends = {review_id: name for name, table in tables.items() for review_id in table["review_id"]}
    dropped = pl.read_parquet(snapshot.dataset / "dropped.parquet").select("review_id", "reason").rows()
    assert sum(table.height for table in tables.values()) + len(dropped) == len(ends | dict(dropped))
    assert set(ends | dict(dropped)) == set(snapshot.read("catalog/reviews")["review_id"])
    funnel = json.loads((snapshot.dataset / "stats.json").read_text())["funnel"]
    assert funnel["reviews_in"] == funnel["reviews_out"] + funnel["reviews_dropped"]
    assert funnel["records_rejected"] == len(rejected(snapshot))
    return ends | dict(dropped)


def test_a_filter_can_drop_every_review(shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reviews = [review("r1", images=[]), review("r2", text=f"{LONG} fridge"), b"{"]
    snapshot = ingested(tmp_path, shop, [shop.product], reviews, None)
    assert released(snapshot) == {"r1": "no_image", "r2": "too_long"}
    output = capsys.readouterr().err
    assert all(f"warning: the {split} split is empty" in output for split in ("train", "dev", "test"))


def test_odd_texts_of_a_single_product_pass_all_stages(shop: Shop, tmp_path: Path) -> None:
    """Odd characters before the mention do not move it, and masked data are not in the release."""
    starts = ["\U0001f600\U0001f469\u200d\U0001f466", "\u202e\u05d8\u05d5\u05d1", "zero\u200bwidth", "&lt;b&gt; &amp;"]
    mail = "Mail jane@example.com or call (212) 555-0134."
    texts = [f"{start} I love this {shop.noun} {n}." for n, start in enumerate([*starts, mail])]
    rows = [review(f"r{n}", title="Mine", text=text) for n, text in enumerate(texts)]
    snapshot = ingested(tmp_path, shop, [shop.product], rows, None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AMELI_INFORMATIVENESS__IMAGE_SIMILARITY", "-1")  # so that no review is dropped as uninformative
        ends = released(snapshot)
    assert len(set(ends.values())) == 1
    assert next(iter(ends.values())) in ("train", "dev", "test")
    table = pl.read_parquet(snapshot.dataset / f"{ends['r0']}.parquet")
    for row in table.iter_rows(named=True):
        assert f"{row['title']}. {row['text']}"[row["mention_start"] : row["mention_end"]] == row["mention"]
        assert shop.noun.startswith(row["mention"].lower()) or shop.noun in row["mention"].lower()
        assert row["candidates"] == ["s1"]
    assert "Mail [email] or call [phone]. I love" in table.filter(review_id="r4")["text"][0]
    counts = json.loads((snapshot.dataset / "stats.json").read_text())["personal_data"]
    assert counts == {"emails_masked": 1, "phones_masked": 1, "reviews_masked": 1}


def own(case: int, row: Row, shop: Shop) -> Row:
    """A row of a case that can join the rows of all others: its ids, name and text contain the number of the case."""
    if isinstance(row, bytes):
        return row
    ids = {name: row[name] for name in ("review_id", "sku", "product_details_sku") if isinstance(row.get(name), str)}
    row = row | {name: given if given == "s1" else f"{case}-{given}" for name, given in ids.items()}
    if isinstance(row.get("variants"), list):
        row["variants"] = [f"{case}-{variant}" for variant in row["variants"]]
    if isinstance(row.get("text"), str) and len(row["text"]) < 1000:
        row["text"] = f"I love this {shop.noun}, number {case}. {row['text']}"
    if isinstance(row.get("name"), str):
        row["name"] = f"{shop.product['name']}, {row['name']} of {case}"
    return row


def test_all_cases_together_pass_all_stages(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The good rows of every case pass all stages, in one shop whose files have a byte-order mark and CRLF."""
    cases = list(enumerate(CASES))
    reviews = [own(n, row, shop) for n, case in cases for row in case.reviews]
    products = [own(n, row, shop) for n, case in cases for row in case.products]
    large = [
        review("letters", text=f"I love this {shop.noun}. {'x' * 1_100_000}"),
        review("spaces", text=f"I love this {shop.noun}.{' ' * 1_100_000}It is good."),
    ]
    form = Case("", newline=b"\r\n", head=b"\xef\xbb\xbf")
    snapshot = ingested(tmp_path, shop, [shop.product, *products], [*large, *reviews], form)
    assert len(rejected(snapshot)) == sum(len(case.refused) for case in CASES)
    monkeypatch.setenv("AMELI_INFORMATIVENESS__IMAGE_SIMILARITY", "-1")  # so that no review is dropped as uninformative
    monkeypatch.setenv("AMELI_SPLITS__POLICY", "family")
    number = {case.words: n for n, case in cases}
    cycle = number["variants in a cycle"]
    alone = (tuple(split_of(f"{cycle}-{sku}", seed, SplitSettings()) for sku in ("s2", "s3")) for seed in range(99))
    parted = next(seed for seed, splits in enumerate(alone) if len(set(splits)) == 2)
    monkeypatch.setenv("AMELI_RUN__SEED", str(parted))  # with this seed, only the policy keeps the family in one split
    ends = released(snapshot)
    wanted = {f"{n}-{review_id}": end for n, case in cases for review_id, end in case.ends.items()}
    wanted[f"{number['exactly 500 tokens']}-r1"] = "no_mention"  # 500 words that are not a sentence
    in_splits = ("train", "dev", "test")
    assert {review_id: "" if end in in_splits else end for review_id, end in ends.items()} == {
        **wanted, "letters": "", "spaces": "",
    }  # fmt: skip
    assert len({ends[f"{cycle}-r{n}"] for n in (1, 2, 3)}) == 1
    given = first_texts([*large, *reviews])
    tables = pl.concat(pl.read_parquet(snapshot.dataset / f"{name}.parquet") for name in in_splits)
    texts = dict(tables.select("review_id", "text").iter_rows())
    assert texts == {review_id: cleaned(given[review_id]) for review_id in texts}


@pytest.mark.parametrize("kind", ["products", "reviews"])
def test_files_without_a_usable_record_are_refused(
    shop: Shop, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows: dict[str, list[Row]] = {"products": [shop.product], "reviews": [review()], kind: [b"{", b""]}
    files = {name: written(tmp_path / name, of) for name, of in rows.items()}
    command = ["ingest", "--products", files["products"], "--reviews", files["reviews"], "--out", tmp_path / "snapshot"]
    assert ameli(*command) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert f"no usable {kind[:-1]}; line 1: not JSON" in lines[0]


def test_faults_in_parquet_are_refused(shop: Shop, tmp_path: Path) -> None:
    """A column has one type, so a row can have only a wrong value or none."""
    good = {"review_id": "good", "sku": "s1", "text": "Fine thing.", "images": ["photo.jpg"], "unhelpful": 0}
    faults = [
        {"review_id": None},
        {"sku": "../s1"},
        {"sku": " "},
        {"images": ["/etc/passwd"]},
        {"unhelpful": -1},
        {},  # the same link again
    ]
    lines = [good, *(good | {"review_id": f"r{n}"} | fault for n, fault in enumerate(faults[:-1])), good]
    pl.DataFrame(lines).write_parquet(tmp_path / "r.parquet")
    products = written(tmp_path / "p.jsonl", [shop.product])
    snapshot = Snapshot(tmp_path / "snapshot")
    command = ["ingest", "--products", products, "--reviews", tmp_path / "r.parquet", "--images", shop.folder]
    assert ameli(*command, "--out", snapshot.root) == 0
    assert [row["line"] for row in rejected(snapshot)] == [2, 3, 4, 5, 6, 7]
    assert ameli("build", snapshot.root, "--profile", "demo", "--until", "clean", "--workers", "1") == 0
    assert fates(snapshot) == {"good": ""}
