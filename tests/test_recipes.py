"""The recipes of CONTRIBUTING.md, followed in a copy of the package."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from world_files import write_world

from ameli_build.core import filters
from ameli_build.core.reasons import MEANINGS, Reason

ROOT = Path(__file__).parents[1]
FENCE = re.compile(r"^( *)```(python|diff)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
HEAD = re.compile(r"(?:#|\+\+\+) (\S+?)( \(append\))?\n")
RECIPES = {
    "Add a row to Table 5": 2,
    "Add a row to Table 4": 2,
    "Add a field": 3,
    "Add a filter": 2,
    "Add a stage": 2,
}
"""The complete recipes, and the largest number of files of each."""


@dataclass(frozen=True, slots=True)
class Change:
    """A block of a recipe: a new file, lines at the end of a file, or a diff."""

    path: str
    kind: str
    body: str

    def of(self, source: str) -> str:
        """The file after the change."""
        if self.kind == "new":
            return self.body
        if self.kind == "append":
            return f"{source}\n\n{self.body}"
        for hunk in self.body.split("@@\n")[1:]:
            lines = hunk.splitlines(keepends=True)
            before = "".join(line[1:] for line in lines if line[0] == " ")
            assert source.count(before) == 1
            source = source.replace(before, "".join(line[1:] for line in lines))
        return source


def changes(heading: str) -> Iterator[Change]:
    """The changes that a recipe makes."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition(f"### {heading}\n")[2].partition("\n### ")[0]
    for _, language, block in FENCE.findall(section):
        block = textwrap.dedent(block)
        if head := HEAD.match(block):
            kind = "diff" if language == "diff" else "append" if head[2] else "new"
            yield Change(head[1], kind, block[head.end() :])


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package in which the recipes were followed."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "ameli_build", folder / "ameli_build", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("tools", "docs"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "pyproject.toml", folder)
    for change in (change for heading in RECIPES for change in changes(heading)):
        path = folder / change.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(change.of(path.read_text() if path.exists() else ""), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def run(copy: Path) -> Callable[..., str]:
    """Runs Python in the copy; returns its output."""

    def started(*arguments: str, edit: str = "") -> str:
        if edit:
            with (copy / edit).open("a") as file:
                file.write("\n# changed\n")
        command, env = [sys.executable, *arguments], os.environ | {"PYTHONPATH": str(copy)}
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=copy, env=env)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    return started


@pytest.mark.parametrize(("heading", "most"), RECIPES.items())
def test_a_recipe_has_few_files_and_its_test_passes(run: Callable[..., str], heading: str, most: int) -> None:
    paths = [change.path for change in changes(heading)]
    assert len(paths) <= most
    assert re.search(r"\d passed", run("-m", "pytest", "-p", "no:cacheprovider", *paths[-1:]))
    assert paths[-1].startswith("tests/")


def test_the_files_of_the_recipes_are_clean(copy: Path) -> None:
    paths = [str(copy / change.path) for heading in RECIPES for change in changes(heading)]
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, *paths], check=False, capture_output=True, text=True, cwd=copy
        )
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("tool", "page", "line"),
    [
        ("settings_page", "settings", r"\| `clean\.min_words` \| `0` \| words \|"),
        ("settings_page", "settings", r"## lengths(?s:.)*\| `lengths\.min_characters` \| `0` \| characters \|"),
        ("fields_page", "ingest", r"\| `gtin` \| string \| the number of the bar code \|"),
    ],
)
def test_the_pages_show_the_additions(copy: Path, run: Callable[..., str], tool: str, page: str, line: str) -> None:
    run(f"tools/{tool}.py")
    assert re.search(line, (copy / "docs" / f"{page}.md").read_text())


WORDS = pl.col("text").str.count_matches(r"\S+")
CHARACTERS = pl.col("text").str.len_chars()


@dataclass(frozen=True, slots=True)
class Built:
    """A snapshot built in the copy; reviews with too few words or too few characters are dropped."""

    root: Path
    words: int
    characters: int

    @property
    def given(self) -> tuple[str, ...]:
        limits = (f"clean.min_words={self.words}", f"lengths.min_characters={self.characters}")
        return str(self.root), *(part for limit in limits for part in ("--set", limit))

    def table(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.root / "stages" / f"{name}.parquet")

    def released(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.root / "dataset" / f"{name}.parquet")


@pytest.fixture(scope="module")
def built(run: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Built:
    world = tmp_path_factory.mktemp("world")
    write_world(world, products=8)
    products = pl.read_ndjson(world / "products.jsonl").with_columns(gtin=pl.format("40-{}", "sku"))
    products.write_ndjson(world / "products.jsonl")
    lengths = pl.read_ndjson(world / "reviews.jsonl").select(words=WORDS, characters=CHARACTERS)
    words = int(lengths["words"].quantile(0.25) or 0)
    rest = lengths.filter(pl.col("words") >= words)["characters"]
    made = Built(world / "snapshot", words, int(rest.quantile(0.25) or 0))
    records = ["--products", f"{world}/products.jsonl", "--reviews", f"{world}/reviews.jsonl"]
    ameli = ("-m", "ameli_build")
    run(*ameli, "ingest", *records, "--images", f"{world}/images", "--out", made.given[0], "--profile", "demo")
    run(*ameli, "build", *made.given)
    return made


@pytest.mark.slow
def test_a_build_drops_by_an_added_filter(run: Callable[..., str], built: Built) -> None:
    links = pl.read_parquet(built.root / "catalog/reviews.parquet").unique("review_id")
    dropped = built.table("clean/dropped").filter(reason="too_short")
    found = dropped.join(links.select("review_id", words=WORDS), on="review_id")
    assert 0 < found.height == dropped.height
    assert found["words"].max() < built.words
    assert found["detail"].to_list() == [f"{n} words" for n in found["words"]]
    assert set(found["threshold"]) == {f"{float(built.words)}"}
    stay = built.table("clean/reviews").select(words=WORDS)["words"]
    assert stay.len() > 0
    assert stay.min() >= built.words
    said = run("-m", "ameli_build", "explain", str(built.root), found["review_id"][0])
    assert re.search(rf"3\.2 +too_short .*{found['words'][0]}", said)


@pytest.mark.slow
def test_an_added_stage_is_in_every_list_of_stages(run: Callable[..., str], built: Built) -> None:
    came, lengths = built.table("clean/reviews"), built.table("lengths/lengths")
    long = came.filter(CHARACTERS.ge(built.characters))
    assert lengths["characters"].to_list() == long.select(CHARACTERS).to_series().to_list()
    stages = json.loads((built.root / "run.json").read_text())["stages"]
    assert set(stages) == {
        "catalog",
        "clean",
        "lengths",
        "mentions",
        "informativeness",
        "candidates",
        "splits",
        "release",
    }
    assert stages["lengths"]["rows"] == {"lengths/lengths": long.height, "lengths/dropped": came.height - long.height}
    status = run("-m", "ameli_build", "status", *built.given)
    assert re.search(r"clean +done.*\n.*lengths +done.*\n.*mentions +done", status)
    assert "lengths" in run(
        "-m", "ameli_build", "build", *built.given, "--dry-run", "--set", "lengths.min_characters=1"
    )


def test_reviews_that_an_added_stage_drops_are_gone_from_later_stages(run: Callable[..., str], built: Built) -> None:
    dropped = built.table("lengths/dropped")
    gone = set(dropped["review_id"])
    assert gone
    for name in ("mentions/mentions", "mentions/dropped", "informativeness/features", "splits/splits"):
        assert gone.isdisjoint(built.table(name)["review_id"])
    released = built.released("dropped").filter(reason="too_few_characters")
    assert set(released["review_id"]) == gone
    assert set(released["stage"]) == {"lengths"}
    funnel = json.loads((built.root / "dataset/stats.json").read_text())["funnel"]["stages"]
    assert funnel["lengths"] == {
        "in": funnel["clean"]["out"],
        "out": funnel["mentions"]["in"],
        "dropped": {"too_few_characters": len(gone)},
    }
    first = dropped.row(0, named=True)
    said = run("-m", "ameli_build", "explain", str(built.root), first["review_id"])
    assert f"ended: dropped by lengths: too_few_characters ({first['detail']})" in said


def test_an_added_field_is_released_with_its_meaning(run: Callable[..., str], built: Built) -> None:
    products = built.released("products")
    assert products["gtin"].to_list() == [f"40-{sku}" for sku in products["sku"]]
    schema = json.loads((built.root / "dataset/schema/products.json").read_text())
    assert schema["properties"]["gtin"] == {"description": "the number of the bar code", "type": ["string", "null"]}
    assert "gtin" in schema["required"]
    run("-m", "ameli_build", "verify", str(built.root))


ADDED = """\
    verified: Annotated[bool, Column("the author bought the product", released=True)] = False
    liked: Annotated[bool | None, Column("the author recommends the product")] = None
    pros: Annotated[str, Column("the good sides", released=True)] = ""
    town: Annotated[str | None, Column("the town of the author")] = None
    replies: Annotated[int, Column("the number of replies", released=True)] = 0
    months: Annotated[int | None, Column("months of use")] = None
    weight: Annotated[float | None, Column("the weight of the opinion", released=True)] = None
    badges: Annotated[tuple[str, ...], Column("badges of the author", released=True)] = ()
"""
"""A field of reviews of each type."""

READ_ALIKE = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from ameli_build.clean.personal import mask_reviews
from ameli_build.clean.stage import KEPT
from ameli_build.ingest.raw_records import review_of
from ameli_build.ingest.raw_tables import ReviewFile
from ameli_build.release.schemas import table_schema
from ameli_build.release.tables import REVIEWS

path = Path(sys.argv[1])
(table,) = ReviewFile(path, "file").tables()
records = [asdict(review_of(json.loads(line), f"file:{n}")) for n, line in enumerate(path.open(), 1)]
records = [row | {name: list(value) for name, value in row.items() if isinstance(value, tuple)} for row in records]
assert table.drop("line").rows(named=True) == records, (table.rows(named=True), records)
assert table["pros"][1] == "write to a@example.com" and mask_reviews(table)[0]["pros"][1] == "write to [email]"
assert list(REVIEWS)[-5:] == ["verified", "pros", "replies", "weight", "badges"]
assert set(list(REVIEWS)[-5:]) < set(KEPT) and not {"liked", "town", "months"} & set(KEPT)
types = {name: column["type"] for name, column in table_schema("train", "cosine")["properties"].items()}
assert [types[name] for name in list(REVIEWS)[-5:]] == ["boolean", "string", "integer", ["number", "null"], "array"]
"""


def test_fields_of_each_type_are_read_alike_by_both_readers(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "ameli_build", tmp_path / "ameli_build", ignore=shutil.ignore_patterns("__pycache__"))
    records = tmp_path / "ameli_build" / "core" / "records.py"
    before, after = "    conflict: bool = False\n", records.read_text()
    records.write_text(after.replace(before, ADDED + before))
    plain = {"sku": "1", "text": "A good fan."}
    stated = {"verified": True, "liked": False, "pros": "write to a@example.com", "town": " Ely ", "replies": "3"}
    stated |= {"months": 2, "weight": 0.5, "badges": ["a", "b"]}
    odd = {"verified": "perhaps", "pros": 3, "town": "", "replies": None, "months": 1.0, "weight": "x", "badges": "a"}
    lines = [{"review_id": f"r{n}", **plain, **more} for n, more in enumerate(({}, stated, odd, {"town": None}))]
    (tmp_path / "reviews.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    command, env = [sys.executable, "-c", READ_ALIKE, "reviews.jsonl"], os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("edit", ["core/filters/too_short.py", "stages/lengths.py"])
def test_added_code_counts_in_fingerprints(run: Callable[..., str], built: Built, edit: str) -> None:
    again = ("-m", "ameli_build", "build", *built.given, "--until", "lengths")
    assert "running" not in run(*again)
    assert "lengths: running" in run(*again, edit=f"ameli_build/{edit}")


def test_an_added_setting_counts_in_fingerprints(run: Callable[..., str], built: Built) -> None:
    root, *limits = built.given
    other = [*limits, "--set", "lengths.min_characters=1", "--until", "lengths"]
    said = run("-m", "ameli_build", "build", root, *other)
    assert "lengths: running" in said
    assert "clean: running" not in said


@pytest.mark.parametrize(
    ("module", "registry", "name"),
    [
        ("linking.table5", "LINKERS", "Text without attributes"),
        ("retrieval.table4", "RETRIEVERS", "Pictures and prior"),
    ],
)
def test_a_row_of_a_table_is_registered(run: Callable[..., str], module: str, registry: str, name: str) -> None:
    code = f"from ameli_build.baseline.{module} import {registry}; print(*{registry}, sep='\\n')"
    assert name in run("-c", code).splitlines()


def test_every_reason_has_a_meaning_and_its_place() -> None:
    added = [rule.reason for rule in filters.FILTERS]
    assert [reason for reason in MEANINGS if reason not in added] == list(Reason)
