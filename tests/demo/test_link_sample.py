"""The review and the photograph that the demo saves for `ameli link`."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import polars as pl
import pytest

from ameli_build.core.records import joined_text
from ameli_build.core.snapshot import Snapshot, write_bytes, write_table
from ameli_build.demo.catalogue import make_world
from ameli_build.demo.sample import leave_sample


@pytest.mark.parametrize(("seed", "kinds"), [(7, {"laptop", "tv"}), (3, {"laptop"}), (5, {"tv", "camera"})])
@pytest.mark.parametrize("folder", ["ameli-demo", "my $(demo) folder"])
def test_the_command_names_a_test_review_and_its_photograph(
    tmp_path: Path, seed: int, kinds: set[str], folder: str
) -> None:
    world, snapshot = make_world(seed, 60), Snapshot(tmp_path / folder)
    look = {product.sku: product.look.kind for product in world.products}
    said = {truth.review_id: len(truth.attributes_said) for truth in world.truths}
    reviews = [review for review in world.reviews if look.get(review.sku) in kinds][:50]
    rows = []
    for review in reviews:
        body = review.review_id.encode()
        name = f"images/{hashlib.sha256(body).hexdigest()}.jpg"
        write_bytes(snapshot.dataset / name, body)
        rows.append(
            {name: getattr(review, name) for name in ("review_id", "sku", "title", "text")} | {"images": [name]}
        )
    write_table(snapshot.dataset / "test.parquet", pl.DataFrame(rows))
    command = leave_sample(snapshot, world).replace("ameli", "printf '%s\\n'", 1)
    output = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True).stdout
    link, root, _, *text, _, photo = output.splitlines()
    assert (link, root) == ("link", str(snapshot.root))
    (best,) = [review for review in reviews if review.review_id == Path(photo).read_text()]
    assert "\n".join(text) == joined_text(best.title, best.text)
    assert (look[best.sku] == "laptop") == ("laptop" in kinds)
    alike = [review for review in reviews if look[review.sku] == "laptop" or "laptop" not in kinds]
    assert said[best.review_id] == max(said[review.review_id] for review in alike)
