"""The profanity rule compared with better-profanity: reviews a processor second on reviews made from a seed.

`python benchmarks/profanity.py`: the pattern of this project reads all of `--rows` reviews, better-profanity only the
first `--slow` of them, because it reads fewer than ten a second. Both run in this process, better-profanity with one
thread; the start of both is not counted.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
from better_profanity import profanity
from machine import machine
from printed import machine_lines, reached
from review_rows import write_reviews

from ameli_build.clean.profanity import find_profanity, pattern_of
from ameli_build.core.settings import load_settings

AIM_RATIO = 10_000


def main() -> None:
    """Make the reviews, time both, print the rates."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--slow", type=int, default=40)
    given = parser.parse_args()
    host = machine()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reviews.parquet"
        write_reviews(path, given.rows)
        reviews = pl.read_parquet(path, columns=["title", "text"])
    pattern = pattern_of(load_settings("demo").clean)
    find_profanity(reviews.head(10), pattern)
    profanity.contains_profanity("nothing")
    texts = [f"{title}. {text}" for title, text in reviews.head(given.slow).iter_rows()]
    own = reviews.height / _seconds(lambda: find_profanity(reviews, pattern))
    theirs = len(texts) / _seconds(lambda: [profanity.contains_profanity(text) for text in texts])
    print("\n".join(machine_lines(host)))
    print(f"this project: {own:,.0f} reviews a processor second ({reviews.height:,} reviews)")
    print(f"better-profanity: {theirs:,.1f} ({len(texts)} of them)")
    print(f"{own / theirs:,.0f} times (aim: {AIM_RATIO:,}, {reached(own / theirs, AIM_RATIO, least=True)})")


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    main()
