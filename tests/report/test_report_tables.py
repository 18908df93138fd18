"""The report's tables as files: numbers of `scores.json`, and a structure that LaTeX reads."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from ameli_build.core.paper import paper
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_json
from ameli_build.report.latex import as_latex
from ameli_build.report.run import make_report
from ameli_build.scores.verdicts import verdict_of
from tests.report.report_world import SETTINGS, made_scores, reported_snapshot

HOSTILE = r"=\input{/etc/passwd} & 5 % of $x^2_1$ #1 ~ <b>|\\[9cm]" + "\n\n\x00[*] \u202e"


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return reported_snapshot(tmp_path / "snapshot")


def read(snapshot: Snapshot, name: str) -> list[dict[str, str]]:
    make_report(snapshot, SETTINGS)
    with (snapshot.root / "report-tables" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def latex(snapshot: Snapshot, name: str) -> str:
    make_report(snapshot, SETTINGS)
    return (snapshot.root / "report-tables" / f"{name}.tex").read_text(encoding="utf-8")


def several_splits(snapshot: Snapshot) -> dict[str, Any]:
    """Scores of test and Clean-Test with different numbers."""
    scores = made_scores().as_json()
    for table in ("table4", "table5"):
        other = json.loads(json.dumps(scores[table]["test"]).replace("50.0", "62.5"))
        scores[table]["clean_test"] = other
    scores["notes"]["reviews"]["clean_test"] = 1
    rated = {"known": 9, "right": 273, "wrong": 13, "unknown": 0, "reviews": 92, "precision": 95.45, "recall": 15.66}
    rated |= {"precision_interval": [92.38, 97.32], "recall_interval": [13.88, 17.62]}
    scores["attributes"]["dev"] = {"all together": rated}
    write_json(snapshot.root / "baseline" / "scores.json", scores)
    return scores


def same(cells: dict[str, str], row: dict[str, Any]) -> int:
    """Compare each number of a row of scores with the cells of CSV; returns how many numbers there were."""
    compared = 0
    for key, value in row.items():
        stem = key.removesuffix("interval")
        names = [key] if stem == key else [f"{stem}low", f"{stem}high"]
        for name, number in zip(names, value if isinstance(value, list) else [value] * len(names), strict=True):
            if name not in cells or isinstance(number, str | bool):
                continue
            assert cells[name] == ("" if number is None else str(number)), name
            compared += number is not None
    return compared


@pytest.mark.parametrize(("name", "most"), [("table4", 20), ("table5", 16)])
def test_scores_are_equal_to_scores_json(snapshot: Snapshot, name: str, most: int) -> None:
    scores = several_splits(snapshot)
    rows = read(snapshot, name)
    assert {(row["split"], row["row"]) for row in rows} == {(a, b) for a in scores[name] for b in scores[name][a]}
    assert [row["split"] for row in rows] == sorted((row["split"] for row in rows), reverse=True)
    counts = [same(row, scores[name][row["split"]][row["row"]]) for row in rows]
    assert max(counts) == most
    assert all(row["reason"] or count for row, count in zip(rows, counts, strict=True))


def test_claims_and_attributes_are_equal_to_scores_json(snapshot: Snapshot) -> None:
    scores = several_splits(snapshot)
    rows = read(snapshot, "claims")
    assert len(rows) == len(scores["comparisons"])
    for cells, row in zip(rows, scores["comparisons"], strict=True):
        same(cells, row)
        assert (cells["claim"], cells["verdict"]) == (row["claim"], verdict_of(row))
    assert max(same(*pair) for pair in zip(rows, scores["comparisons"], strict=True)) >= 9
    rows = read(snapshot, "attributes")
    assert [(row["split"], row["extractor"]) for row in rows] == [("dev", "all together"), ("test", "string match")]
    assert same(rows[0], scores["attributes"]["dev"]["all together"]) == 11
    assert rows[1]["reason"] == "not asked"


def test_the_paper_s_values_accompany_one_split_only(snapshot: Snapshot) -> None:
    several_splits(snapshot)
    for name, theirs in (("table4", paper().table4), ("table5", paper().table5)):
        for row in read(snapshot, name):
            published = {key.removeprefix("paper_"): value for key, value in row.items() if key.startswith("paper_")}
            known = theirs.get(row["row"], {}) if row["split"] == "clean_test" else {}
            if (row["split"], row["row"]) == ("test", "human"):
                known = {"disambiguation_f1": 79.73}
            assert {key: float(value) for key, value in published.items() if value} == known, row
    assert "another data set (Best Buy), not comparable" in latex(snapshot, "table4")
    assert "28.00 & 61.69" in latex(snapshot, "table4")


def test_the_data_set_is_compared_with_the_data_set_of_the_paper(snapshot: Snapshot) -> None:
    stats = json.loads((snapshot.dataset / "stats.json").read_text())
    rows = read(snapshot, "table2")
    cells = {(row["part"], row["statistic"].replace(" ", "_")): row for row in rows}
    for part in ("train", "dev", "test", "knowledge_base"):
        for key, value in stats["table2"][part].items():
            assert cells[part, key]["value"] == str(value)
            assert cells[part, key]["paper"] == str(paper().table2[part][key])
    assert "clean_test" not in {part for part, _ in cells}
    rows = read(snapshot, "table3")
    assert [row["path"] for row in rows if row["path"]] == [row["path"] for row in stats["table3"]]
    assert [(row["paper_leaf"], row["paper_products"]) for row in (rows[0], rows[-1])] == [
        ("All Refrigerators", "887"), ("Cooktops", "548"),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["table2", "table3", "table4", "table5", "claims", "attributes"])
def test_latex_is_well_formed(snapshot: Snapshot, name: str) -> None:
    several_splits(snapshot)
    text = latex(snapshot, name)
    columns = re.search(r"\\begin\{tabular\}\{@\{\}([lr]+)@\{\}\}", text)
    assert columns is not None
    body = text[text.index(r"\toprule") : text.index(r"\bottomrule")].splitlines()
    rows = [line for line in body if line.endswith(r"\\")]
    assert len(rows) > 2
    for line in rows:
        if line.startswith(r"\multicolumn"):
            assert line.startswith(rf"\multicolumn{{{len(columns[1])}}}{{l}}")
        else:
            assert len(re.findall(r"(?<!\\)&", line)) == len(columns[1]) - 1, line
    for rule in (r"\toprule", r"\midrule", r"\bottomrule", r"\end{tabular}", r"\end{table*}", r"\usepackage{booktabs}"):
        assert rule in text
    assert len(re.findall(r"(?<!\\)\{", text)) == len(re.findall(r"(?<!\\)\}", text))
    assert "Generated world: no number describes a real shop." in text
    assert "None" not in text
    assert "nan" not in text.replace("Pan", "")
    real = load_settings("small")
    make_report(snapshot, real)
    assert "Generated world" not in (snapshot.root / "report-tables" / f"{name}.tex").read_text()


def test_hostile_texts_are_text(snapshot: Snapshot) -> None:
    path = snapshot.dataset / "stats.json"
    stats = json.loads(path.read_text())
    path.unlink()
    write_json(path, stats | {"table3": [stats["table3"][0] | {"leaf": HOSTILE, "path": HOSTILE}]})
    scores = made_scores().as_json()
    scores["table4"]["test"][HOSTILE] = scores["table4"]["test"]["BM25"]
    scores["attributes"]["test"] = {HOSTILE: scores["attributes"]["test"]["string match"]}
    write_json(snapshot.root / "baseline" / "scores.json", scores)
    for name, column in (("table3", "leaf"), ("table4", "row"), ("attributes", "extractor")):
        assert [row[column] for row in read(snapshot, name)].count(f"'{HOSTILE}") == 1
        text = latex(snapshot, name)
        line = next(line for line in text.splitlines() if "passwd" in line)
        assert line.startswith(r"=\textbackslash{}input\{/etc/passwd\} \& 5 \% of \$x\textasciicircum{}2\_1\$ \#1")
        assert r"\textbackslash{}\textbackslash{}{[}9cm{]} {[}{*}{]}" in line
        assert "\x00" not in text
        assert "\u202e" not in text


@pytest.mark.parametrize("text", ["[x] first", "* first", "a\\\\b", "100 %", "{", "}", "~^", "C#", "A&B", "$5", "a_b"])
def test_no_sign_of_latex_remains(text: str) -> None:
    """Every sign with a meaning to LaTeX is behind a backslash, in braces, or the name of a character."""
    bare = re.sub(r"\\text[a-z]+\{\}|\\[&%$#_{}]|\{[\[\]*]\}", "", as_latex(text))
    assert not re.search(r"[\\&%$#_{}~^\[\]*]", bare)


def test_tables_of_a_removed_step_are_removed(snapshot: Snapshot) -> None:
    make_report(snapshot, SETTINGS)
    folder = snapshot.root / "report-tables"
    own = folder / "mine.csv"
    own.write_text("x")
    names = {path.name for path in folder.iterdir()}
    assert {f"{table}.{kind}" for table in ("table2", "table5", "claims") for kind in ("csv", "tex")} < names
    (snapshot.root / "baseline" / "scores.json").unlink()
    make_report(snapshot, SETTINGS)
    assert {path.name for path in folder.iterdir()} == {
        "mine.csv", "table2.csv", "table2.tex", "table3.csv", "table3.tex",
    }  # fmt: skip


def test_every_link_of_the_page_leads_to_a_table(snapshot: Snapshot) -> None:
    page = make_report(snapshot, SETTINGS).read_text(encoding="utf-8")
    links = re.findall('href="(report-tables/[^"]+)"', page)
    assert len(links) == 12
    files = {path.relative_to(snapshot.root).as_posix() for path in (snapshot.root / "report-tables").iterdir()}
    assert set(links) == files
