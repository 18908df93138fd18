"""The row rules as filters of data-juicer, which does not record dropped reviews; clean.py runs this script."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from data_juicer.config import init_configs
from data_juicer.core import DefaultExecutor


def main() -> None:
    """Run the recipe that the argument describes, and print its duration."""
    order = json.loads(sys.argv[1])
    answer = os.dup(1)  # the executor uses sys.stdout for its log
    out = Path(order["out"])
    (out / "flagged_words.json").write_text(json.dumps({"en": order["words"]}))
    fields = "n_photos > 0 and (unhelpful == 0 or helpful > 0) and valid == 1"
    recipe = {
        "project_name": "rows",
        "dataset_path": order["lines"],
        "export_path": str(out / "kept.jsonl"),
        "work_dir": str(out / "work"),
        "np": order["workers"],
        "text_keys": "text",
        "use_cache": False,
        "op_fusion": True,
        "process": [
            {"general_field_filter": {"filter_condition": fields}},
            {"words_num_filter": {"max_num": 500}},
            {"flagged_words_filter": {"lang": "en", "max_ratio": 0.0, "flagged_words_dir": str(out)}},
        ],
    }
    (out / "recipe.json").write_text(json.dumps(recipe))
    started = time.perf_counter()
    DefaultExecutor(init_configs(["--config", str(out / "recipe.json")])).run()
    seconds = time.perf_counter() - started
    kept = (out / "kept.jsonl").read_bytes().count(b"\n")
    os.write(answer, json.dumps({"seconds": seconds, "kept": kept}).encode())


if __name__ == "__main__":
    main()
