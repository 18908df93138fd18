"""The benchmark of the crawl runs, on a small shop in seconds, and its pages agree with their products."""

from __future__ import annotations

import gzip
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from ameli_build.shops.bestbuy.pages import parse_product_page

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


def script(monkeypatch: pytest.MonkeyPatch, name: str) -> ModuleType:
    """A benchmark's script, loaded from its file, because folders of tests have the same names."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", BENCHMARKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def shop_pages(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module that makes the pages of the benchmark, imported as in its scripts."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import shop_pages

    return shop_pages


def body_of(answer: bytes) -> bytes:
    return gzip.decompress(answer.partition(b"\r\n\r\n")[2])


def test_pages_have_the_requested_size_and_state_their_product(shop_pages: ModuleType) -> None:
    pages = shop_pages.Pages(shop_pages.Size(6, 40, generations="ABC", page_bytes=200_000), "http://127.0.0.1")
    answers = dict(pages.answers())
    for generation, target, page in pages.products():
        assert 200_000 < len(page) < 300_000
        assert body_of(answers[target]) == page
        parsed = parse_product_page(page, f"http://127.0.0.1{target}")
        assert parsed.generation == generation
        assert parsed.has_specifications == (generation != "A")
        assert " - Lot " in parsed.product.name


def test_the_same_seed_makes_the_same_shop(shop_pages: ModuleType) -> None:
    size = shop_pages.Size(2, 20)
    first, second = (dict(shop_pages.Pages(size, "http://127.0.0.1").answers()) for _ in range(2))
    assert first == second
    other = dict(shop_pages.Pages(shop_pages.Size(2, 20, seed=14), "http://127.0.0.1").answers())
    assert first != other


def test_reviews_come_in_full_pages(shop_pages: ModuleType) -> None:
    pages = shop_pages.Pages(shop_pages.Size(8, 80), "http://127.0.0.1")
    counts = [len(json.loads(body)["topics"]) for _, body in pages.reviews()]
    assert sum(counts) == 80
    assert set(counts) == {0, 20}


def test_the_benchmark_runs(tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.json"
    small = "--pages 5 --reviews 60 --page-kb 60 --rounds 1 --clicks 0 --parse 2 --workers 1 --threads 2"
    command = [sys.executable, str(BENCHMARKS / "crawl.py"), *small.split(), "--json", str(numbers)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    results = json.loads(numbers.read_text())
    assert results["crawl"]["shop"]["product_pages"] == 5
    own = results["crawl"]["contenders"]["ameli-build"]
    assert 0 < own["pages_a_second"]["median"] < own["crawl_pages_a_second"]["median"]
    assert own["cpu_seconds"]["median"] > 0
    assert set(results["parsing"]) >= {"product, generation B", "product, generation C", "reviews, a page of 20"}
    assert "5 product pages" in done.stdout
    assert "10 ms" in done.stdout


@pytest.mark.slow
def test_the_row_rules_run_without_other_libraries(tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.json"
    small = f"--rows 2000 --mix shop --rounds 1 --folder {tmp_path / 'rows'}"
    command = [sys.executable, str(BENCHMARKS / "clean.py"), *small.split(), "--json", str(numbers)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    results = json.loads(numbers.read_text())
    assert set(results["beside"]) == {"shop"}
    assert set(results["beside"]["shop"]) == {"this project, Parquet", "this project, JSON Lines"}
    assert "2,000 reviews, 88 % of the reviews list no photograph" in done.stdout


@pytest.mark.parametrize(
    ("seconds", "mib", "statements"),
    [
        (60.0, 1024.0, ["60.0 s (aim: 60, reached)", "1,024 MiB (aim: 2,048, reached)"]),
        (75.0, 4096.0, ["75.0 s (aim: 60, missed by 25%)", "4,096 MiB (aim: 2,048, missed by 100%)"]),
    ],
)
def test_results_are_compared_with_their_aims(
    monkeypatch: pytest.MonkeyPatch, seconds: float, mib: float, statements: list[str]
) -> None:
    clean = script(monkeypatch, "clean")
    said = {"seconds": seconds, "ingest": 1.0, "kept": 5, "dropped": 3}
    own, peer = clean.Run(said, 10.0, mib), clean.Run(said | {"seconds": 30 * seconds}, 100.0, mib)
    beside = {"this project, Parquet": [own], "datatrove, exclusion files": [peer]}
    results = {"machine": clean.machine(), "rows": 100, "beside": {"shop": beside}, "full": {"Parquet": own}}
    text = "\n".join(clean._report(results))
    assert all(part in text for part in [*statements, "30.0 times datatrove (aim: 25, reached); by CPU seconds 10.0"])


def test_the_profanity_rule_is_compared_with_better_profanity() -> None:
    command = [sys.executable, str(BENCHMARKS / "profanity.py"), "--rows", "300", "--slow", "2"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "better-profanity:" in output
    assert "aim: 10,000, " in output


@pytest.mark.slow
def test_contenders_of_the_baseline_find_the_same_entities(tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.json"
    small = "--only retrieval texts --entities 300 --queries 20 --top 50 --texts 12 --rounds 1"
    command = [sys.executable, str(BENCHMARKS / "baseline.py"), *small.split(), "--json", str(numbers)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr
    results = json.loads(numbers.read_text())
    assert set(results["retrieval"]["contenders"]) == {"own", "semantic_search", "faiss", "numpy"}
    backends = results["texts"]["backends"]
    assert backends["onnx"]["least cosine"] > 0.9999
    assert 0.9 < backends["onnx-int8"]["cosine"] < 0.9999
    assert "top 50 of 300 entities for 20 queries" in done.stdout


@pytest.fixture
def baseline(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The benchmark of the baseline, imported as in its scripts."""
    return script(monkeypatch, "baseline")


def test_an_answer_with_a_lower_score_is_not_a_tie(baseline: ModuleType) -> None:
    queries, entities = baseline.made(2, 1), baseline.made(40, 2)
    best = np.argsort(-(queries @ entities.T), axis=1)
    assert baseline._swapped_ties(queries, entities, {"own": best[:, :5], "other": best[:, :5].copy()}) == {"other": 0}
    worse = best[:, [0, 1, 2, 3, 9]]
    with pytest.raises(baseline.BenchmarkFailed, match="own and other differ on query 0"):
        baseline._swapped_ties(queries, entities, {"own": best[:, :5], "other": worse})


@pytest.mark.parametrize("runner", ["process", "ranks"])
def test_sleeping_shards_are_measured(tmp_path: Path, runner: str) -> None:
    numbers = tmp_path / "numbers.json"
    small = f"--shards 20 --seconds 0.05 --empty 10 --workers 1 2 --only {runner}"
    command = [sys.executable, str(BENCHMARKS / "cluster.py"), *small.split(), "--json", str(numbers)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    results = json.loads(numbers.read_text())
    assert results["plain"] >= 1.0
    assert [(row["runner"], row["workers"]) for row in results["rows"]] == [(runner, 1), (runner, 2)]
    assert all(row["overhead_ms"] > 0 for row in results["rows"])
    assert results["rows"][1]["seconds"] < results["plain"]
