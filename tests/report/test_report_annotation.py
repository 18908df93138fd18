"""The section about annotation."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ameli_build.annotation.sheets import import_answers
from ameli_build.annotation.tasks import load_task
from ameli_build.core.snapshot import Snapshot, write_json
from ameli_build.report.run import make_report
from tests.report.report_world import SETTINGS, reported_snapshot


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return reported_snapshot(tmp_path / "snapshot")


def answer(snapshot: Snapshot, annotator: str, choices: dict[str, Any], seconds: float) -> None:
    rows = [{"review_id": review, "choice": choice, "seconds": seconds} for review, choice in choices.items()]
    file = {"annotator": annotator, "fingerprint": load_task(snapshot, "clean-test").fingerprint, "answers": rows}
    path = snapshot.root.parent / "answers.json"
    path.write_text(json.dumps(file), encoding="utf-8")
    import_answers(snapshot, [path], SETTINGS)


def section(snapshot: Snapshot) -> str | None:
    page = make_report(snapshot, SETTINGS).read_text(encoding="utf-8")
    found = re.search(r'<section id="annotation".*?</section>', page, re.DOTALL)
    assert ('href="#annotation"' in page) == (found is not None)
    return None if found is None else " ".join(re.sub(r"<[^>]*>", " ", found[0]).split())


def test_without_answers_there_is_no_section(snapshot: Snapshot) -> None:
    assert section(snapshot) is None


def test_agreement_seconds_and_disagreements(snapshot: Snapshot) -> None:
    answer(snapshot, "ann <b>", {"r4": 4, "r5": 1}, 12)
    answer(snapshot, "bo", {"r4": 4, "r5": "?"}, 20)
    text = section(snapshot)
    assert text is not None
    assert "4 answers of 2 annotators for 2 reviews (0 without an answer)" in text
    assert "50.0 % of the pairs of answers agree" in text
    assert "all 4 50.0 1 16.0" in text
    assert "ann &lt;b&gt; 2 50.0 0 12.0" in text
    assert "1 reviews with differing answers" in text
    assert "review r5 ann &lt;b&gt; Acme - 14&#34; Laptop p1 - Silver bo cannot tell" in text
    assert "decided by adjudicators" not in text
    answer(snapshot, "adjudicator-01", {"r5": 4}, 30)
    text = section(snapshot)
    assert text is not None
    assert "1 reviews are decided by adjudicators" in text
    assert "differing" not in text


def test_a_report_of_an_earlier_version_is_shown(snapshot: Snapshot) -> None:
    answer(snapshot, "ann", {"r4": 4, "r5": 1}, 12)
    path = snapshot.root / "sheets" / "report.json"
    report = json.loads(path.read_text(encoding="utf-8"))
    for name in ("choice_alpha", "pairwise_agreement", "seconds", "disagreements", "adjudicated"):
        del report[name]
    del report["annotators"]["ann"]["seconds"]
    write_json(path, report)
    text = section(snapshot)
    assert text is not None
    assert "ann 2 50.0 0 –" in text
