"""The row rules as datatrove's own filters, with a file of what each of them excludes; run by clean.py."""

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
    """Filter 1."""
    return len(document.metadata["images"]) > 0


def is_short(document: Any) -> bool:
    """Filter 2, by white space."""
    return len(document.text.split()) <= 500


def was_helpful(document: Any) -> bool:
    """Filter 3."""
    return not (document.metadata["unhelpful"] > 0 and document.metadata["helpful"] == 0)


def is_of_its_product(document: Any) -> bool:
    """Filter 4, without looking for another link of the review."""
    return document.metadata["product_details_sku"] in (None, document.metadata["sku"])


def is_of_catalogue(document: Any) -> bool:
    """The second half of filter 4: a product that is there."""
    return document.metadata["sku"] in _known


_known: set[str] = set()


def profanity(words: list[str], writer: JsonlWriter) -> C4BadWordsFilter:
    """Its filter of bad words, in the pattern that it makes itself, with the list that all contenders have."""
    made = C4BadWordsFilter(exclusion_writer=writer)
    made._badwords_regex["en"] = re.compile(r"(?:\W|^)({})(?:\W|$)".format("|".join(map(re.escape, words))))
    return made


def main() -> None:
    """Run the pipeline that the argument describes, and tell how long it took."""
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
