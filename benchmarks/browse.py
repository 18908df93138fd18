"""The pages of `ameli browse` on a generated snapshot of many reviews: seconds of the start and of each request.

The snapshot has the tables of a build: 100,000 distinct reviews with four products each, about 60 words a review,
35,598 products, nine in ten reviews dropped, predictions for dev and test. The client fetches pages over HTTP on
loopback. Processor seconds include the server, the client and all threads. The run fails if a page takes more than
`--most` processor seconds; a page that takes fewer also takes less time than that on an idle machine.
"""

from __future__ import annotations

import argparse
import resource
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import numpy as np
import polars as pl
import uvicorn
from machine import machine

from ameli_build.baseline.predictions.reading import PREDICTIONS
from ameli_build.browse.data import read_data
from ameli_build.browse.server import Addresses, application
from ameli_build.browse.views import Site
from ameli_build.clean.rows import VALUES
from ameli_build.core.reasons import MEANINGS
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_table

PRODUCTS, WORDS, LINKS = 35_598, 60, 4


def make(root: Path, n: int) -> None:
    """Write the tables of a snapshot with `n` reviews."""
    random = np.random.default_rng(7)
    snapshot = Snapshot(root)
    vocabulary = np.array(["".join(random.choice(list("aeioubdklmnprst"), 6)) for _ in range(20_000)])
    rank = np.minimum(random.zipf(1.3, (n, WORDS)), len(vocabulary)) - 1
    texts = [" ".join(words) for words in vocabulary[rank]]
    products = pl.DataFrame({"n": np.arange(PRODUCTS)}).select(
        sku=pl.format("{}", pl.col("n") + 6_000_000),
        name=pl.format("Maker {} - Model {} - Black", pl.col("n") % 500, "n"),
        categories=pl.concat_list(
            pl.lit("Shop"), pl.format("Kind {}", pl.col("n") % 989 % 40), pl.format("Leaf {}", pl.col("n") % 989)
        ),
        description=pl.lit("A product of the benchmark. " * 8),
        attributes=pl.lit([{"group": "Key", "name": f"Name {k}", "value": f"{k}"} for k in range(12)]),
        images=pl.concat_list(pl.format("http://shop/p{}.jpg", "n")),
    )
    own = random.integers(0, PRODUCTS, n)
    state = random.choice(["train", "dev", "test", ""], n, p=[0.075, 0.01, 0.015, 0.9])
    reviews = pl.DataFrame(
        {"n": np.arange(n), "sku": products["sku"].to_numpy()[own], "text": texts, "state": state}
    ).select(
        review_id=pl.format("{}-{}", (pl.col("n") * 2654435761) % 4294967296, "n"),
        sku="sku",
        title=pl.col("text").str.slice(0, 20),
        text="text",
        images=pl.concat_list(pl.format("http://shop/r{}.jpg", "n"), pl.format("http://shop/s{}.jpg", "n")),
        state="state",
        source=pl.lit("pages-00001.warc.gz:1"),
    )
    links = pl.concat(
        [
            reviews.drop("state").with_columns(sku=pl.format("{}{}", "sku", pl.lit("" if k == 0 else str(k))))
            for k in range(LINKS)
        ]
    )
    links = links.with_columns(product_details_sku=pl.lit(None, pl.String), conflict=pl.lit(False))
    dropped = reviews.filter(pl.col("state") == "")
    reasons = random.choice([str(reason) for reason in MEANINGS][:12], dropped.height)
    score = {name: random.random(n) for name in ("image_similarity", "description_similarity", "title_similarity")}
    found = pl.lit([{"name": "Color", "value": "black"}])
    features = reviews.select("review_id", n_attributes=pl.lit(1), attributes=found).with_columns(
        **{k: pl.Series(v) for k, v in score.items()}
    )
    write_table(snapshot.table_path("catalog/products"), products)
    write_table(snapshot.table_path("catalog/reviews"), links.sort("review_id", "sku"))
    pictures = pl.concat([links["images"].explode(), products["images"].explode()]).unique()
    write_table(
        snapshot.table_path("catalog/images"),
        pl.DataFrame({"reference": pictures}).with_columns(path=pl.lit("raw/images/none.jpg")),
    )
    values = [
        reviews[name] if name in ("review_id", "sku") else pl.lit(None, kind).alias(name)
        for name, kind in VALUES.items()
    ]
    write_table(snapshot.table_path("clean/values"), reviews.select(values))
    write_table(snapshot.table_path("informativeness/features"), features)
    write_table(
        snapshot.table_path("clean/dropped"),
        dropped.select(
            "review_id",
            "sku",
            stage=pl.lit("clean"),
            detail=pl.lit("made up"),
            value=pl.lit("1"),
            threshold=pl.lit("2"),
        ).with_columns(reason=pl.Series(reasons)),
    )
    write_table(snapshot.dataset / "products.parquet", products)
    released = (
        reviews.drop("source")
        .join(features, on="review_id")
        .with_columns(
            mention=pl.lit("x"),
            mention_start=pl.lit(0),
            mention_end=pl.lit(1),
            candidates=pl.concat_list("sku", pl.lit("6000001")),
        )
    )
    for split in ("train", "dev", "test"):
        write_table(snapshot.dataset / f"{split}.parquet", released.filter(pl.col("state") == split).drop("state"))
    judged = released.filter(pl.col("state").is_in(["dev", "test"]))
    method = "AMELINK (Ours)"
    rows = [
        {
            "review_id": row["review_id"],
            "run": run,
            "split": row["state"],
            "mention": "x",
            "attributes": [],
            "candidates": row["candidates"],
            "contradicted": [False, False],
            "predicted": [{"method": method, "sku": row["candidates"][run % 2]}],
            "ranked": [{"method": method, "skus": row["candidates"]}],
        }
        | {name: [0.5, 0.4] for name in ("retrieval", "text", "image", "combined")}
        for row in judged.iter_rows(named=True)
        for run in range(3)
    ]
    write_table(root / "baseline" / "predictions.parquet", pl.DataFrame(rows, schema=PREDICTIONS))


def requests(site: Site) -> dict[str, str]:
    """The request for each filter and page, by name."""
    data = site.data
    word = str(data.reviews["text"][3] or "some").split()[-1]
    released = data.reviews.filter(pl.col("state") == "test")["review_id"][0]
    dropped = data.reviews.filter(pl.col("state") == "dropped")["review_id"][0]
    lists = {
        "all reviews": {},
        "split": {"split": "test"},
        "dropped": {"split": "dropped"},
        "reason": {"reason": "too_long"},
        "reason, last page": {"reason": "no_image", "page": "999999"},
        "category": {"category": "Shop -> Kind 7"},
        "linked wrong": {"gold": "wrong"},
        "feature value": {"feature": "image_similarity", "least": "0.2", "most": "0.3"},
        "a word": {"q": word},
        "three words": {"q": f"{word} a e"},
        "a word that is nowhere": {"q": "zzzzzzz"},
        "all together": {
            "q": "a",
            "reason": "too_long",
            "category": "Shop -> Kind 7",
            "feature": "n_attributes",
            "least": "0",
        },
    }
    return {
        "overview": "/",
        **{f"reviews: {name}": f"/reviews?{urlencode(query)}" for name, query in lists.items()},
        "a review of test": f"/review?{urlencode({'id': released})}",
        "a dropped review": f"/review?{urlencode({'id': dropped})}",
        "products: a word": "/products?q=maker+7",
        "a product": f"/product?sku={data.products['sku'][5]}",
    }


def measure(root: Path, rounds: int) -> dict[str, tuple[float, float]]:
    """The longest of `rounds` times and the most processor seconds, of the start and of each request."""
    begin, used = time.perf_counter(), time.process_time()
    site = Site(read_data(root), Addresses(), load_settings("demo"))
    slowest = {"start": (time.perf_counter() - begin, time.process_time() - used)}
    listening = socket.create_server(("127.0.0.1", 0))
    app = application(site)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    try:
        for name, target in requests(site).items():
            times = []
            for _ in range(rounds):
                begin, used = time.perf_counter(), time.process_time()
                with urlopen(address + target) as answer:
                    answer.read()
                times.append((time.perf_counter() - begin, time.process_time() - used))
            slowest[name] = (max(wall for wall, _ in times), max(used for _, used in times))
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
    return slowest


def main() -> None:
    """Make the snapshot, measure the pages, print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reviews", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--most", type=float, default=0.5, help="processor seconds that a page may take")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), options.reviews)
        slowest = measure(Path(folder), options.rounds)
    print(f"{machine()}\n{options.reviews:,} reviews; slowest of {options.rounds} requests, in milliseconds")
    print(f"{'':<36}{'time':>8}{'processor':>12}")
    for name, (wall, used) in slowest.items():
        print(f"{name:<36}{1000 * wall:>8.0f}{1000 * used:>12.0f}")
    print(f"peak memory, the making included: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    late = [name for name, (_, used) in slowest.items() if name != "start" and used > options.most]
    if late:
        sys.exit(f"longer than {options.most} s: {', '.join(late)}")


if __name__ == "__main__":
    main()
