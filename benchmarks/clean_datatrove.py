"""The row rules as filters of datatrove, each with a file of the excluded reviews; clean.py runs this script."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import Any

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.filters import C4BadWordsFilter, LambdaFilter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter


def shows_something(document: Any) -> bool:
    """Filter 1: the review has an image."""
    return len(document.metadata["images"]) > 0


def is_short(document: Any) -> bool:
    """Filter 2: at most 500 words, separated by white space."""
    return len(document.text.split()) <= 500


def was_helpful(document: Any) -> bool:
    """Filter 3: the review has no unhelpful votes, or some helpful votes."""
    return not (document.metadata["unhelpful"] > 0 and document.metadata["helpful"] == 0)


def is_of_its_product(document: Any) -> bool:
    """First half of filter 4: the review names no other product. Other links of the review do not count."""
    return document.metadata["product_details_sku"] in (None, document.metadata["sku"])


def is_of_catalogue(document: Any) -> bool:
    """Second half of filter 4: the catalogue has the product."""
    return document.metadata["sku"] in _known


_known: set[str] = set()


def profanity(words: list[str], writer: JsonlWriter) -> C4BadWordsFilter:
    """The bad-word filter of datatrove with its own pattern, and with the word list that all contenders use."""
    bad_words = C4BadWordsFilter(exclusion_writer=writer)
    bad_words._badwords_regex["en"] = re.compile(r"(?:\W|^)({})(?:\W|$)".format("|".join(map(re.escape, words))))
    return bad_words


def main() -> None:
    """Run the pipeline that the argument describes, and print its duration."""
    order = json.loads(sys.argv[1])
    _known.update(json.loads(Path(order["skus"]).read_text()))
    out = Path(order["out"])

    def excluded(name: str) -> JsonlWriter:
        return JsonlWriter(str(out / name), compression=None)

    rules = (shows_something, is_short, was_helpful, is_of_its_product, is_of_catalogue)
    pipeline = [
        JsonlReader(order["lines"], text_key="text", id_key="review_id"),
        *(LambdaFilter(rule, exclusion_writer=excluded(rule.__name__)) for rule in rules),
        profanity(order["words"], excluded("profanity")),
        JsonlWriter(str(out / "kept"), compression=None),
    ]
    workers = order["workers"]
    started = time.perf_counter()
    logs = str(out / "logs")
    LocalPipelineExecutor(pipeline, tasks=workers, workers=workers, logging_dir=logs, start_method="fork").run()
    seconds = time.perf_counter() - started
    kept = sum(path.read_bytes().count(b"\n") for path in (out / "kept").glob("*.jsonl"))
    print(json.dumps({"seconds": seconds, "kept": kept}))


if __name__ == "__main__":
    main()
