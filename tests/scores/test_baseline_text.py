"""Both tables as printed to a terminal."""

from ameli_build.scores.rows import linking_blank
from ameli_build.scores.tables import (
    BOTH_PRIOR,
    HUMAN,
    OURS,
    RECALLS,
    SBERT,
    TABLE4,
    TABLE5,
    TUNED_PRIOR,
    V2VEL,
    Scores,
)
from ameli_build.scores.text import render


def made(seeds: list[int]) -> Scores:
    recall = {f"recall@{k}": 100.0 for k in RECALLS} | {"mrr": 100.0, "macro_recall@10": 100.0}
    recall |= {"recall@10_interval": [100.0, 100.0], "recall@10_deviation": 10.0}
    linking = {
        f"{kind}_{key}": value
        for kind in ("disambiguation", "end_to_end")
        for key, value in {
            "f1": 73.4,
            "interval": [66.3, 100.0],
            "deviation": 10.2,
            "mrr": 82.0,
            "macro_f1": 7.0,
        }.items()
    }
    table5 = dict.fromkeys((*TABLE5, HUMAN), linking) | {V2VEL: linking_blank() | {"reason": "no weights"}}
    none = dict.fromkeys(recall) | {"reason": "nothing to learn"}
    table4 = dict.fromkeys((*TABLE4, "BM25"), recall) | {TUNED_PRIOR: none}
    return Scores({"clean_test": table4}, {"clean_test": table5}, {}, [], {"seeds": seeds})


def test_tables_fit_a_terminal_and_give_the_reason_of_a_missing_row() -> None:
    text = render(made([7, 8, 9]))
    lines = text.splitlines()
    assert max(map(len, lines)) <= 120
    ours = next(line for line in lines if line.startswith(OURS))
    assert ours.split()[2:8] == ["73.40", "52.35", "10.2", "[66.3,", "100.0]", "82.00"]
    assert f"  {V2VEL}: not run: no weights" in lines
    assert f"  {TUNED_PRIOR}: not run: nothing to learn" in lines
    assert next(line for line in lines if line.startswith(f"{TUNED_PRIOR} ")).split()[-1] == "-"
    assert any(line.startswith(BOTH_PRIOR) for line in lines)
    assert "BM25" in text
    assert "Means over 3 runs (seeds 7, 8, 9)" in text


def test_values_of_the_paper_are_shown_for_its_split() -> None:
    """For Clean-Test, or for test if there is no Clean-Test; a row beyond the paper has no such value."""
    scores = made([7])
    both = Scores(
        scores.table4 | {"test": scores.table4["clean_test"]},
        scores.table5 | {"test": scores.table5["clean_test"]}, {}, [], scores.notes,
    )  # fmt: skip
    only = Scores({"test": both.table4["test"]}, {"test": both.table5["test"]}, {}, [], scores.notes)
    for given, split in ((both, "clean_test"), (only, "test")):
        heads = [line for line in render(given).splitlines() if line.startswith("Table")]
        assert [line for line in heads if " paper " in line] == [line for line in heads if f", {split} " in line]
    lines = render(only).splitlines()
    assert next(line for line in lines if line.startswith(SBERT)).split()[2:5] == ["100.0", "100.0", "26.25"]
    assert next(line for line in lines if line.startswith("BM25")).split()[1:4] == ["100.0", "100.0", "-"]
    assert next(line for line in lines if line.startswith(V2VEL)).split() == [V2VEL, "-", "28.46", "-", "-", "-",
                                                                              "18.13", "-", "-"]  # fmt: skip
    assert "another data set" in lines[-1]


def test_scores_read_from_a_file_are_printed_in_the_same_order() -> None:
    scores = made([7, 8])
    table4, table5 = (
        {"clean_test": dict(sorted(rows["clean_test"].items()))} for rows in (scores.table4, scores.table5)
    )
    assert render(Scores(table4, table5, {}, [], scores.notes)) == render(scores)


def test_a_single_run_has_no_deviation() -> None:
    assert "One run: no deviation" in render(made([7]))
