"""Every line of "Text and data" of the bad inputs, read by the reader of raw records."""

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from ameli_build.core.errors import UnusableInput
from ameli_build.core.records import Attribute, Rejected, Review
from ameli_build.ingest.raw_files import read_products, read_rows
from ameli_build.ingest.raw_records import BadRecord, product_of, review_of
from ameli_build.ingest.raw_tables import ReviewFile
from ameli_build.shops.bestbuy.developer_api import parse_api_page
from ameli_build.shops.bestbuy.reviews import parse_review_page

PRODUCT = {"sku": "s1", "name": "Lamp", "categories": ["Home", "Lamps"]}
REVIEW = {"review_id": "r1", "sku": "s1"}


def line(record: Any, **changes: Any) -> bytes:
    return json.dumps(record | changes if isinstance(record, dict) else record, ensure_ascii=False).encode()


def test_every_field_of_a_product() -> None:
    attributes = [
        {"group": "General", "name": "Color", "value": "Red"},
        {"name": "Watts", "value": 40},
        {"group": None, "name": "Dimmable", "value": False},
        {"name": "Unknown", "value": None},
    ]
    product = product_of(
        PRODUCT
        | {"description": "It shines.", "attributes": attributes, "images": ["a.jpg", "https://x.test/b?c=1"]}
        | {
            "url": "https://x.test/s1",
            "variants": ["s2"],
            "price": "19.90",
            "fetched_at": "2024-01-01",
            "maker": {"a": 1},
        },
        "raw/products.jsonl:1",
    )
    assert product.attributes == (
        Attribute("General", "Color", "Red"),
        Attribute("", "Watts", "40"),
        Attribute("", "Dimmable", "No"),
    )
    assert (product.categories, product.variants, product.price) == (("Home", "Lamps"), ("s2",), 19.9)
    assert (product.images, product.fetched_at) == (("a.jpg", "https://x.test/b?c=1"), "2024-01-01")
    assert (json.loads(product.extra), product.source) == ({"maker": {"a": 1}}, "raw/products.jsonl:1")


def test_null_and_absent_optional_fields_are_equal() -> None:
    fields = ("description", "attributes", "images", "url", "variants", "price", "fetched_at")
    assert product_of(PRODUCT | dict.fromkeys(fields)) == product_of(PRODUCT)
    fields = (
        "title",
        "text",
        "rating",
        "helpful",
        "unhelpful",
        "images",
        "product_details_sku",
        "author",
        "submitted_at",
    )
    assert review_of(REVIEW | dict.fromkeys(fields)) == review_of(REVIEW)
    assert (review_of(REVIEW).helpful, review_of(REVIEW).unhelpful) == (0, 0)


@pytest.mark.parametrize(
    ("votes", "number"),
    [(3, 3), ("3", 3), (" 12 ", 12), (4.0, 4), ("4.0", 4), (None, 0), (0, 0), ("", 0), ("2,048", 2048)],
)
def test_readable_votes_are_accepted(votes: object, number: int) -> None:
    assert review_of(REVIEW | {"helpful": votes}).helpful == number


@pytest.mark.parametrize(
    "votes",
    [
        "many",
        "3 of 4",
        "1,2",
        "1,0000",
        "0x3",
        "٣",
        3.5,
        True,
        [],
        {},
        -1,
        "-1",
        1e300,
        10**30,
        10**310,
        Decimal(10) ** 400,
    ],
)
def test_unreadable_votes_are_refused(votes: object) -> None:
    with pytest.raises(BadRecord, match=r"^unhelpful: "):
        review_of(REVIEW | {"unhelpful": votes})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sku": None}, "sku: null"),
        ({"sku": 7000101}, "sku: not a string"),
        ({"sku": ""}, "sku: empty"),
        ({"sku": "a/b"}, "sku: not an id"),
        ({"sku": "a\\b"}, "sku: not an id"),
        ({"sku": ".."}, "sku: not an id"),
        ({"sku": "a\0"}, "sku: not an id"),
        ({"name": None}, "name: null"),
        ({"name": " "}, "name: empty"),
        ({"name": ["Lamp"]}, "name: not a string"),
        ({"categories": None}, "categories: null"),
        ({"categories": "Lamps"}, "categories: not a list"),
        ({"categories": ["Home", None]}, "categories: not a string"),
        ({"images": ["/etc/passwd"]}, "images: a path that leaves"),
        ({"images": ["../a.jpg"]}, "images: a path that leaves"),
        ({"images": ["a/../../b.jpg"]}, "images: a path that leaves"),
        ({"images": ["..\\b.jpg"]}, "images: a path that leaves"),
        ({"images": ["C:\\b.jpg"]}, "images: a path that leaves"),
        ({"images": ["\\\\host\\share\\b.jpg"]}, "images: a path that leaves"),
        ({"images": ["a\0.jpg"]}, "images: holds a NUL"),
        ({"images": ["file:///etc/passwd"]}, "images: neither a path nor"),
        ({"variants": ["../s2"]}, "variants: not an id"),
    ],
)
def test_unusable_products_are_refused(changes: dict[str, object], field: str) -> None:
    with pytest.raises(BadRecord) as caught:
        product_of(PRODUCT | changes)
    assert str(caught.value).startswith(field)


@pytest.mark.parametrize("field", ["sku", "name", "categories"])
def test_a_product_without_a_required_field_is_refused(field: str) -> None:
    with pytest.raises(BadRecord, match=f"^{field}: missing$"):
        product_of({key: value for key, value in PRODUCT.items() if key != field})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"review_id": None}, "review_id: null"),
        ({"review_id": 5}, "review_id: not a string"),
        ({"review_id": "../../r1"}, "review_id: not an id"),
        ({"sku": "a/../b"}, "sku: not an id"),
        ({"product_details_sku": "x/y"}, "product_details_sku: not an id"),
        ({"product_details_sku": 7000102}, "product_details_sku: not a string"),
        ({"text": ["a"]}, "text: not a string"),
        ({"images": ["ok.jpg", "../../out.jpg"]}, "images: a path that leaves"),
    ],
)
def test_unusable_reviews_are_refused(changes: dict[str, object], field: str) -> None:
    with pytest.raises(BadRecord) as caught:
        review_of(REVIEW | changes)
    assert str(caught.value).startswith(field)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"description": 5}, "description: not a string"),
        ({"attributes": {"Color": "Red"}}, "attributes: not a list"),
        ({"attributes": ["Color"]}, "attributes: not an object"),
        ({"attributes": [{"value": "Red"}]}, "attributes: a row without a name"),
        ({"attributes": [{"name": "Color", "value": ["Red"]}]}, "attributes: not a string"),
        ({"images": "a.jpg"}, "images: not a list"),
        ({"images": [""]}, "images: an empty path"),
        ({"images": ["data:image/png;base64,AAAA"]}, "images: neither a path nor"),
        ({"images": [{"large": "a.jpg"}]}, "images: not a string"),
        ({"variants": "s2"}, "variants: not a list"),
        ({"variants": [9]}, "variants: not a string"),
        ({"price": "cheap"}, "price: not a number"),
        ({"price": "N/A"}, "price: not a number"),
        ({"price": "€ 12,50"}, "price: not a number"),
        ({"price": [12]}, "price: not a number"),
        ({"price": True}, "price: not a number"),
        ({"price": "nan"}, "price: not a number"),
        ({"price": 10**400}, "price: not a number"),
        ({"price": 1e300}, "price: out of range"),
        ({"price": "999999999999"}, "price: out of range"),
        ({"price": -5}, "price: out of range"),
        ({"url": 4}, "url: not a string"),
        ({"fetched_at": 1700000000}, "fetched_at: not a string"),
    ],
)
def test_unreadable_optional_fields_of_a_product_are_empty_and_reported(
    changes: dict[str, object], message: str
) -> None:
    unread: list[str] = []
    assert product_of(PRODUCT | changes, unread=unread) == product_of(PRODUCT)
    assert [error.startswith(message) for error in unread] == [True]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": 5}, "title: not a string"),
        ({"rating": "five"}, "rating: not a whole number"),
        ({"rating": 3.7}, "rating: not a whole number"),
        ({"images": [None]}, "images: not a string"),
        ({"images": {"a": "b.jpg"}}, "images: not a list"),
        ({"author": {}}, "author: not a string"),
        ({"author": 77}, "author: not a string"),
        ({"submitted_at": 1600000000}, "submitted_at: not a string"),
        ({"submitted_at": 1.6e9}, "submitted_at: not a string"),
    ],
)
def test_unreadable_optional_fields_of_a_review_are_empty_and_reported(
    changes: dict[str, object], message: str
) -> None:
    unread: list[str] = []
    assert review_of(REVIEW | changes, unread=unread) == review_of(REVIEW)
    assert [error.startswith(message) for error in unread] == [True]


def test_readable_items_of_a_list_are_used_without_the_unreadable_items() -> None:
    rows = [{"name": "", "value": "x"}, {"name": "Watts", "value": 40}, "Color", {"name": "Finish", "value": "Matt"}]
    changes = {"attributes": rows, "images": ["", "a.jpg", 5], "variants": [8, " s2"]}
    unread: list[str] = []
    product = product_of(PRODUCT | changes, unread=unread)
    assert product.attributes == (Attribute("", "Watts", "40"), Attribute("", "Finish", "Matt"))
    assert (product.images, product.variants, len(unread)) == (("a.jpg",), ("s2",), 5)


@pytest.mark.parametrize("around", ["{} ", " {}", "\t{}\n", "\u00a0{}"])
def test_blanks_around_an_id_are_removed(around: str, tmp_path: Path) -> None:
    assert product_of(PRODUCT | {"sku": around.format("s1")}) == product_of(PRODUCT)
    ids = {"review_id": "r1", "sku": "s1", "product_details_sku": "s2"}
    (tmp_path / "r").write_bytes(line({name: around.format(value) for name, value in ids.items()}))
    (review,), _ = read_reviews(tmp_path / "r", "r")
    assert (review.review_id, review.sku, review.product_details_sku) == ("r1", "s1", "s2")


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("5&quot; wide &amp; flat", '5" wide & flat'),
        ("Caf&eacute;<br>\n<br/>It&#x27;s <b>red</b>", "Café It's red"),
        ("<p>One.</p><ul><li>Two</li></ul>", "One. Two"),
        ("1 < 2 &lt;script&gt;", "1 < 2 <script>"),
        ("a\n\nb  c", "a\n\nb  c"),
        ("a\0b", "ab"),
    ],
)
def test_markup_is_removed_from_texts_of_every_source(raw: str, plain: str, tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(line(REVIEW, text=raw, title=raw))
    (review,), _ = read_reviews(tmp_path / "r", "r")
    assert (review.text, review.title) == (plain, plain)
    topic = {"id": "r1", "text": raw, "title": raw}
    (crawled,) = parse_review_page(json.dumps({"topics": [topic]}).encode(), "s1", "").reviews
    assert (crawled.text, crawled.title) == (plain, plain)
    pl.DataFrame([REVIEW | {"text": raw, "title": raw}]).write_parquet(tmp_path / "t")
    (tabled,), _ = read_reviews(tmp_path / "t", "t")
    assert (tabled.text, tabled.title) == (plain, plain)
    product = product_of(PRODUCT | {"description": raw, "name": raw, "attributes": [{"name": raw, "value": raw}]})
    one_line = " ".join(plain.split())
    row = {"sku": 1, "name": raw, "longDescription": raw, "details": [{"name": raw, "value": raw}]}
    (listed,) = parse_api_page(json.dumps({"products": [row]}).encode()).products
    assert (listed.name, " ".join(listed.description.split())) == (one_line, one_line)
    assert listed.attributes[0] == Attribute("", one_line, one_line)
    assert (product.description, product.name) == (plain, one_line)
    assert product.attributes == (Attribute("", one_line, one_line),)


@pytest.mark.parametrize("content", ['[{"sku": "s1"}, {"sku": "s2"}]', '[\n  {\n    "sku": "s1"\n  }\n]', "  [ ]"])
def test_a_json_array_is_refused_with_advice(content: str, tmp_path: Path) -> None:
    (tmp_path / "all.json").write_text(content)
    for read in (read_products, read_reviews):
        with pytest.raises(UnusableInput, match="it is a JSON array: write one object a line"):
            read(tmp_path / "all.json", "x")


BAD_LINES = {
    b"": "a blank line",
    b"  \t": "a blank line",
    b'{"sku": "s1", "na': "not JSON",
    b'{"sku": "s1", "name": "caf\xe9", "categories": []}': "not UTF-8",
    b"[1, 2]": "not an object but list",
    b"null": "not an object but NoneType",
    b'"text"': "not an object but str",
    b'{"sku": "s1", "name": "half \\ud83d", "categories": []}': "name: not a string: half of a surrogate pair",
    b'{"sku": "s1", "name": "a\0b", "categories": []}': "not JSON",
    b'{"sku": "s1", "name": "Lamp", "categories": NaN}': "categories: not a list: NaN",
    b"[" * 100_000: "not JSON",
    b'{"name": "Lamp", "categories": [], "sku": ' + b"9" * 5000 + b"}": "sku: not a string: an integer of 5,000 digits",
    b'{"name": "Lamp", "categories": [], "sku": "' + b"x" * 201 + b'"}': "sku: longer than 200 characters",
}


def test_each_bad_line_is_one_rejected_row_and_other_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "products.jsonl"
    good = [line(PRODUCT, sku=f"s{number}") for number in range(len(BAD_LINES) + 1)]
    mixed = [good[0], *(part for pair in zip(BAD_LINES, good[1:], strict=True) for part in pair)]
    path.write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(mixed) + b"\n")
    file = read_products(path, "raw/products.jsonl")
    products, rejected = file.products, file.rejected
    assert [product.sku for product in products] == [f"s{number}" for number in range(len(good))]
    assert [row.line for row in rejected] == list(range(2, len(mixed) + 1, 2))
    assert len(products) + len(rejected) == len(mixed)
    for row, expected in zip(rejected, BAD_LINES.values(), strict=True):
        assert row.error.startswith(expected)
        assert row.file == "raw/products.jsonl"
        assert len(row.record) <= 10_000
    assert rejected[3].record == '{"sku": "s1", "name": "caf\\xe9", "categories": []}'


NESTED = {
    "a list": '"shade": ' + "[" * 5000 + "]" * 5000,
    "objects": '"shade": ' + '{"a": ' * 5000 + "1" + "}" * 5000,
    "a list that never ends": '"text": ' + "[" * 100_000,
    "in a known field": '"images": ' + "[" * 3000 + '"a.jpg"' + "]" * 3000,
    "with half a character": '"shade": ' + "[" * 900 + '"\\ud83d"' + "]" * 900,
    "one level more than the limit": '"shade": ' + "[" * 200 + "]" * 200,
}
FLAT = {
    "as deep as the limit": "[" * 199 + "]" * 199,
    "brackets in a text": json.dumps('[{\\"' * 300),
    "half a character between brackets": '"' + "[" * 300 + '\\ud83d"',
    "many short lists": "[" + "[]," * 500 + "[]]",
}


@pytest.mark.parametrize("shade", FLAT.values(), ids=FLAT)
def test_json_with_many_flat_brackets_is_read(shade: str, tmp_path: Path) -> None:
    (tmp_path / "r").write_text(f'{{"shade": {shade}, {line(REVIEW).decode()[1:]}')
    reviews, rejected = read_reviews(tmp_path / "r", "r")
    assert [review.review_id for review in reviews] == ["r1"]
    assert not rejected


@pytest.mark.parametrize("kind", NESTED)
def test_too_deeply_nested_json_costs_only_its_row(kind: str, tmp_path: Path) -> None:
    nested = NESTED[kind]
    good = [line(REVIEW), line(REVIEW, review_id="r3")]
    (tmp_path / "r").write_bytes(
        b"\n".join([good[0], f'{{"review_id": "r2", "sku": "s1", {nested}}}'.encode(), good[1]])
    )
    reviews, rejected = read_reviews(tmp_path / "r", "r")
    assert [review.review_id for review in reviews] == ["r1", "r3"]
    assert [(row.line, row.error) for row in rejected] == [(2, "not JSON: nested too deeply")]
    good = [line(PRODUCT), line(PRODUCT, sku="s3")]
    (tmp_path / "p").write_bytes(b"\n".join([good[0], f'{{"sku": "s2", "name": "x", {nested}}}'.encode(), good[1]]))
    file = read_products(tmp_path / "p", "p")
    assert [product.sku for product in file.products] == ["s1", "s3"]
    assert [row.error for row in file.rejected] == ["not JSON: nested too deeply"]


def read_reviews(path: Path, name: str) -> tuple[list[Review], list[Rejected]]:
    """The reviews of a file as records, and the rejected rows."""
    file = ReviewFile(path, name)
    table = pl.concat(list(file.tables())).unique(["review_id", "sku"], keep="first", maintain_order=True).drop("line")
    assert file.links == table.height
    return [Review(**{**row, "images": tuple(row["images"])}) for row in table.iter_rows(named=True)], file.rejected


def test_of_repeated_ids_the_first_record_counts(tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(b"\n".join([line(PRODUCT, name="First"), line(PRODUCT, name="Second")]))
    file = read_products(tmp_path / "p", "p")
    assert ([product.name for product in file.products], file.rejected[0].error) == (["First"], "duplicate sku: s1")
    links = [line(REVIEW), line(REVIEW, sku="s2"), line(REVIEW, text="again")]
    (tmp_path / "r").write_bytes(b"\n".join(links))
    reviews, rejected = read_reviews(tmp_path / "r", "r")
    assert [(review.review_id, review.sku) for review in reviews] == [("r1", "s1"), ("r1", "s2")]
    assert [(row.line, row.error) for row in rejected] == [(3, "duplicate review_id and sku: r1, s1")]


def test_unusual_texts_are_read_unchanged(tmp_path: Path) -> None:
    texts = [
        "x" * 1_000_000,
        "👩‍👩‍👧 a\u200bb",
        "\u202eשלום",
        "a & b < c",
        "<script>",
        "=1+1",
        "a\u2028b\x85c",
        "",
    ]
    (tmp_path / "r").write_bytes(b"\n".join(line(REVIEW, review_id=f"r{n}", text=text) for n, text in enumerate(texts)))
    reviews, rejected = read_reviews(tmp_path / "r", "r")
    assert ([review.text for review in reviews], rejected) == (texts, [])


def write(path: Path, form: str, data: bytes) -> Path:
    pack = {"gz": gzip.compress, "zst": zstandard.ZstdCompressor().compress}.get(form, bytes)
    path.write_bytes(pack(data))
    return path


@pytest.mark.parametrize("form", ["plain", "gz", "zst"])
def test_compressed_files_are_recognized_by_their_contents(tmp_path: Path, form: str) -> None:
    data = b"\n".join(line(REVIEW, review_id=f"r{number}", text="word " * number) for number in range(400))
    reviews, rejected = read_reviews(write(tmp_path / "reviews.dat", form, data), "r")
    assert (len(reviews), rejected) == (400, [])
    assert reviews[399].source == "r:400"


@pytest.mark.parametrize("form", ["gz", "zst"])
def test_a_truncated_compressed_file_gives_its_complete_rows_and_one_rejected_row(tmp_path: Path, form: str) -> None:
    data = b"\n".join(line(REVIEW, review_id=f"r{number}", text=f"{number**9}" * 20) for number in range(9000))
    path = write(tmp_path / "r", form, data)
    path.write_bytes(path.read_bytes()[: -path.stat().st_size // 8])
    reviews, rejected = read_reviews(path, "r")
    assert 0 < len(reviews) < 9000
    assert "cut or broken" in rejected[-1].error


def test_parquet_files_are_read(tmp_path: Path) -> None:
    path = tmp_path / "reviews.parquet"
    rows = [REVIEW | {"helpful": 2.0, "images": ["a.jpg"], "stars": 5}, {"review_id": "r2", "sku": None}, REVIEW]
    pl.DataFrame(rows).with_columns(pl.lit("2024-01-02").str.to_date().alias("submitted_at")).write_parquet(path)
    reviews, rejected = read_reviews(path, "r")
    assert (reviews[0].helpful, reviews[0].images, reviews[0].submitted_at) == (2, ("a.jpg",), "2024-01-02")
    assert json.loads(reviews[0].extra) == {"stars": 5}
    assert [(row.line, row.error) for row in rejected] == [(2, "sku: null"), (3, "duplicate review_id and sku: r1, s1")]
    assert json.loads(rejected[0].record)["review_id"] == "r2"
    pl.DataFrame({"review_id": ["r1"], "sku": ["s1"], "helpful": [float("nan")]}).write_parquet(path)
    assert read_reviews(path, "r")[0][0].helpful == 0
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(UnusableInput, match="not a readable Parquet file"):
        read_reviews(path, "r")


UNREADABLE = {
    "submitted_at": pa.array([0, 10**18, 0, 0, 0], pa.timestamp("us")),  # the second is after the year 9999
    "brand": pa.array([b"a", b"b", b"caf\xe9", b"\xff", b"e"]).view(pa.string()),
    "when": pa.array([0, 0, 0, 10**9, 0], pa.int32()).view(pa.date32()),
}


def test_an_unreadable_value_of_parquet_is_empty(tmp_path: Path) -> None:
    ids = [f"r{n}" for n in range(1, 6)]
    path = tmp_path / "reviews.parquet"
    pq.write_table(pa.table({"review_id": ids, "sku": ids, **UNREADABLE}), path)
    file = ReviewFile(path, "r")
    table = pl.concat(file.tables())
    assert (table["review_id"].to_list(), file.rejected) == (ids, [])
    assert table["submitted_at"].is_null().to_list() == [False, True, False, False, False]
    assert json.loads(table["extra"][2]) == {"brand": None, "when": "1970-01-01"}
    assert file.use.unread == {"submitted_at": 1, "brand": 2, "when": 1}

    path = tmp_path / "products.parquet"
    names = {"sku": ids, "name": ids, "categories": pa.array([[]] * 5, pa.list_(pa.string()))}
    unread = UNREADABLE | {"description": UNREADABLE["brand"]}
    pq.write_table(pa.table({**names, **unread}), path)
    products = read_products(path, "p")
    assert [product.description for product in products.products] == ["a", "b", "", "", "e"]
    assert (products.rejected, products.use.unread["description"]) == ([], 2)


def test_an_unreadable_id_of_parquet_is_one_rejected_row(tmp_path: Path) -> None:
    path = tmp_path / "reviews.parquet"
    pq.write_table(pa.table({"review_id": UNREADABLE["brand"], "sku": ["s"] * 5}), path)
    reviews, rejected = read_reviews(path, "r")
    assert [review.review_id for review in reviews] == ["a", "b", "e"]
    assert [(row.line, row.error) for row in rejected] == [
        (3, "review_id: not a string: not UTF-8 at byte 4"),
        (4, "review_id: not a string: not UTF-8 at byte 1"),
    ]
    assert json.loads(rejected[0].record)["sku"] == "s"


UNSTORABLE = {r'"half \ud83d of it"': "surrogate", "NaN": "NaN", "-Infinity": "-Infinity", "7" * 5000: "5,000 digits"}


@pytest.mark.parametrize("value", UNSTORABLE)
@pytest.mark.parametrize("name", ["title", "rating", "images", "author", "submitted_at", "shade"])
def test_an_unstorable_value_does_not_cost_the_review(value: str, name: str, tmp_path: Path) -> None:
    row = '{"review_id": "r%d", "sku": "s1", "text": "It shines."%s}\n'
    (tmp_path / "r").write_text("".join(row % (n, f', "{name}": {value}' if n == 2 else "") for n in (1, 2, 3)))
    file = ReviewFile(tmp_path / "r", "r")
    table = pl.concat(file.tables())
    assert (table["review_id"].to_list(), file.rejected) == (["r1", "r2", "r3"], [])
    assert table.drop("review_id", "source", "line", "extra").n_unique() == 1
    assert file.use.unread == {name: 1}
    assert UNSTORABLE[value] in file.use.examples[name]
    table.write_parquet(tmp_path / "t")


@pytest.mark.parametrize("value", UNSTORABLE)
@pytest.mark.parametrize(
    "place", ['"price": {}', '"attributes": [{{"name": "Watts", "value": {}}}]', '"variants": [{}]']
)
def test_an_unstorable_value_does_not_cost_the_product(value: str, place: str, tmp_path: Path) -> None:
    (tmp_path / "p").write_text(f'{{"sku": "s1", "name": "Lamp", "categories": [], {place.format(value)}}}')
    file = read_products(tmp_path / "p", "p")
    assert [(product.price, product.attributes, product.variants) for product in file.products] == [(None, (), ())]
    assert file.use.unread.total() == 1


@pytest.mark.parametrize("value", UNSTORABLE)
@pytest.mark.parametrize("name", ["text", "helpful", "product_details_sku"])
def test_a_review_with_unstorable_text_votes_or_variant_is_rejected(value: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "r").write_text(
        f'{{"review_id": "a", "sku": "s"}}\n{{"review_id": "b", "sku": "s", "{name}": {value}}}'
    )
    reviews, rejected = read_reviews(tmp_path / "r", "r")
    assert [review.review_id for review in reviews] == ["a"]
    assert rejected[0].error.startswith(f"{name}: ")
    assert UNSTORABLE[value] in rejected[0].error


@pytest.mark.parametrize("name", ["review_id", "sku", "product_details_sku"])
@pytest.mark.parametrize(("letter", "length", "taken"), [("x", 200, True), ("é", 201, False), ("7", 5000, False)])
def test_the_length_of_an_id_has_a_limit(name: str, letter: str, length: int, taken: bool, tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(line(REVIEW) + b"\n" + line(REVIEW, **{"review_id": "r2", name: letter * length}))
    reviews, rejected = read_reviews(tmp_path / "r", "r")
    assert len(reviews) == 1 + taken
    assert [row.error.partition(":")[:1] for row in rejected] == ([] if taken else [(name,)])
    assert all("longer than 200 characters" in row.error and len(row.error) < 200 for row in rejected)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"{}\n", b"\x00\xff\xfe" * 100])
def test_a_file_without_a_usable_record_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.jsonl").write_bytes(content)
    for read in (read_products, read_reviews) if content else (read_products,):  # a file without reviews is allowed
        with pytest.raises(UnusableInput, match=r"bad\.jsonl: no usable"):
            read(tmp_path / "bad.jsonl", "x")


def test_a_missing_file_or_a_folder_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(UnusableInput, match="cannot be read"):
            read_products(path, "x")


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=60).filter(lambda data: b"\n" not in data)))
def test_every_line_of_random_bytes_is_one_row(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_bytes(b"{}\n" + b"".join(data + b"\n" for data in lines))
    rows = list(read_rows(path))
    assert [row.line for row in rows] == list(range(1, len(lines) + 2))
    assert all((row.record is None) == bool(row.error) for row in rows)
