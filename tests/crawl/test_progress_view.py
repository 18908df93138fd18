"""The progress view of a running crawl."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from rich.console import Console

from ameli_build.core.progress import duration
from ameli_build.crawl import progress_view as view_module
from ameli_build.crawl.progress_view import Board, line, shown


def board() -> Board:
    found = Board()
    found.total = 1200
    for number in range(600):
        found.product(skipped=number < 100)
    found.add_reviews(3456)
    found.image()
    for _ in range(3):
        found.error("http_500")
    found.error("timeout")
    return found


def test_a_line_has_the_progress_and_the_errors() -> None:
    text = line(board())
    assert text.startswith(
        "600 of 1,200 products, 3,456 reviews, 1 images, 4 errors (http_500 3, timeout 1), 0 s, about "
    )
    assert line(Board()) == "0 products, 0 reviews, 0 images, 0 s"  # the listings are not read yet


def test_the_remaining_time_counts_products_of_this_run_only() -> None:
    found = board()
    started = found._started
    found._started = started - 100.0
    assert found.times == "1 min 40 s, about 2 min 0 s left"  # 500 in 100 seconds, 600 to go
    assert Board().times == "0 s"


def test_the_live_view_shows_requests_by_host() -> None:
    console = Console(width=100, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    console.print(view_module._LiveTable(board(), Counter({"shop": 42, "pictures": 7})).render())
    text = console.export_text()
    for words in ("600 of 1,200", "3,456", "shop", "42  requests, 0.0 a second", "errors  http_500 3, timeout 1"):
        assert words in text, text
    assert "0 s, about 0 s left" in text


def test_plain_lines_are_printed_without_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(view_module, "LINE_EVERY_SECONDS", 0.01)
    with shown(board(), Counter()):
        threading.Event().wait(0.2)
    err = capfd.readouterr().err
    assert "  crawl: 600 of 1,200 products, 3,456 reviews" in err
    assert not [thread for thread in threading.enumerate() if thread.name == "crawl-lines"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0 s"), (59.6, "1 min 0 s"), (3599, "59 min 59 s"), (3720, "1 h 2 min"), (86399, "23 h 59 min")],
)
def test_a_time_has_two_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text
