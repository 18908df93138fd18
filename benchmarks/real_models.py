"""Real pretrained weights compared with the small bundled weights: text encoders, image encoders, readers.

Texts: real reviews; the right answer is one of the real product titles (`--reviews`, a folder outside the project).
Pictures: parts of the photographs of scikit-image; the right answer is one of them. They are few and easy, and not the
pictures of a shop. Labels: words drawn at several sizes and angles, and a photograph of a page from scikit-image.
Each model runs in a process of its own with one thread, which measures itself.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from machine import machine
from PIL import Image, ImageDraw, ImageEnhance, ImageFont
from printed import machine_lines

Floats = npt.NDArray[np.float64]

REVIEWS = Path(__file__).parents[2] / "shared" / "real-reviews"
PHOTOGRAPHS = (
    "astronaut brick camera cell chelsea clock_motion coffee coins grass gravel hubble_deep_field ihc"
    " microaneurysms moon motorcycle_left page retina rocket text"
)
"""The pictures of scikit-image, without drawings and without the second picture of the stereo pair."""
PARTS = 6
"""Queries for each picture."""
LABELS = (
    "16GB Memory 1TB SSD",
    "Stainless Steel Refrigerator",
    "Wireless Headphones Black",
    "Orange Juice 1 Litre",
)
HEIGHTS, ANGLES = (14, 22, 40), (0, 12, 90)
"""Heights of letters in pixels, and rotations of labels in degrees."""
PAGE = (
    "Region-based segmentation Let us first determine markers of the coins and the background These markers are pixels"
    " that we can label unambiguously as either object or background Here the markers are found at the two extreme"
    " parts of the histogram of grey values"
)
ROTATIONS = (90, 180, 270)
RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds to load the model, processor seconds for each item, peak memory of the process in MiB."""

    load: float
    item: float
    memory: int


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table; `right` has a number from 0 to 1 for each group (a review, a picture, a label)."""

    part: str
    model: str
    measure: str
    right: Floats
    cost: Cost

    def __str__(self) -> str:
        low, high = interval(self.right)
        mean = f"{self.right.mean():.3f} [{low:.3f}, {high:.3f}]"
        cost = self.cost
        return (
            f"| {self.part} | `{self.model}` | {self.measure} | {mean} | {cost.load:.1f} s | {1000 * cost.item:,.0f} ms"
            f" | {cost.memory:,} MiB |"
        )


def interval(groups: Floats) -> tuple[float, float]:
    """The 95 % interval of the mean, from a bootstrap over groups."""
    rng = np.random.default_rng(0)
    means = groups[rng.integers(len(groups), size=(RESAMPLES, len(groups)))].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def measured(load: Callable[[], Any], run: Callable[[Any], tuple[Any, int]]) -> tuple[Any, Cost]:
    """The result of `run`, and the costs of loading and of an item; `run` also returns its number of items."""
    start = time.perf_counter()
    model = load()
    loaded, used = time.perf_counter() - start, time.process_time()
    result, items = run(model)
    item = (time.process_time() - used) / items
    return result, Cost(loaded, item, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


# --- texts


def read_texts(folder: Path) -> tuple[list[str], list[str], list[int]]:
    """The reviews, all distinct titles, and the index of the title of each review."""
    reviews = [json.loads(line) for line in (folder / "mentions.jsonl").read_text(encoding="utf-8").splitlines()]
    further = [json.loads(line) for line in (folder / "titles.jsonl").read_text(encoding="utf-8").splitlines()]
    titles = sorted({str(row["title"]) for row in (*reviews, *further)})
    place = {title: n for n, title in enumerate(titles)}
    texts = [f"{row['review_title'] or ''}. {row['review']}" for row in reviews]
    return texts, titles, [place[row["title"]] for row in reviews]


def encode_texts(name: str, folder: Path) -> tuple[tuple[Any, Any], Cost]:
    """Vectors of the reviews and of the titles."""
    from ameli_build.models.text import load_text_encoder

    texts, titles, _ = read_texts(folder)

    def run(encoder: Any) -> tuple[Any, int]:
        return (encoder.encode(texts), encoder.encode(titles)), len(texts) + len(titles)

    return measured(lambda: load_text_encoder(name), run)


def text_rows(name: str, folder: Path) -> Iterator[Row]:
    """Recall@1 and Recall@10 of a text encoder."""
    (queries, gallery), cost = alone(encode_texts, name, folder)
    ranks = ranks_of(queries @ gallery.T, np.array(read_texts(folder)[2]))
    for k in (1, 10):
        part = f"{len(queries)} reviews, {len(gallery):,} titles"
        yield Row(part, name, f"Recall@{k}", (ranks < k).astype(float), cost)


def ranks_of(scores: Any, gold: Any) -> Any:
    """The number of products with a higher score than the right product."""
    return (scores > scores[np.arange(len(scores)), gold][:, None]).sum(axis=1)


# --- pictures


def photograph(name: str) -> Image.Image:
    """A picture of scikit-image."""
    import skimage

    return Image.open(next((Path(skimage.__file__).parent / "data").glob(f"{name}.*"))).convert("RGB")


def part_of(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A tenth to a third of a picture, with another aspect ratio, light and perspective."""
    width, height = image.size
    share, form = rng.uniform(0.1, 0.33), np.exp(rng.uniform(-0.6, 0.6))
    wide, high = (min(0.95, float(np.sqrt(share) * factor)) for factor in (form, 1 / form))
    left, top = rng.uniform(0, 1 - wide) * width, rng.uniform(0, 1 - high) * height
    cut = image.crop((int(left), int(top), int(left + wide * width), int(top + high * height)))
    size, slant = cut.size, rng.uniform(0, 0.08, 8)
    across, down = slant[:4] * size[0], slant[4:] * size[1]
    corners = (across[0], down[0], across[1], size[1] - down[1], size[0] - across[2], size[1] - down[2])
    quad = (*corners, size[0] - across[3], down[3])
    turned = cut.transform(size, Image.Transform.QUAD, quad, Image.Resampling.BICUBIC)
    lit = ImageEnhance.Brightness(turned).enhance(rng.uniform(0.6, 1.3))
    return ImageEnhance.Color(lit).enhance(rng.uniform(0.6, 1.2))


def encode_pictures(name: str) -> tuple[tuple[Any, Any], Cost]:
    """Vectors of the parts, and of the whole pictures."""
    from ameli_build.models.vision import load_image_encoder

    rng = np.random.default_rng(1)
    whole = [photograph(picture) for picture in PHOTOGRAPHS.split()]
    parts = [part_of(image, rng) for image in whole for _ in range(PARTS)]

    def run(encoder: Any) -> tuple[Any, int]:
        return (encoder.encode(parts), encoder.encode(whole)), len(parts) + len(whole)

    return measured(lambda: load_image_encoder(name, batch=8), run)


def picture_rows(name: str) -> Iterator[Row]:
    """Recall@1 of an image encoder, for each picture."""
    (queries, gallery), cost = alone(encode_pictures, name)
    ranks = ranks_of(queries @ gallery.T, np.repeat(np.arange(len(gallery)), PARTS)).reshape(-1, PARTS)
    part = f"{len(queries)} parts of {len(gallery)} photographs"
    yield Row(part, name, "Recall@1", (ranks < 1).mean(axis=1), cost)


# --- readers


def drawn(text: str, height: int, angle: int) -> Image.Image:
    """A rotated label with a text, on a grey ground."""
    letters = ImageFont.load_default(size=height)
    left, top, right, bottom = letters.getbbox(text)
    label = Image.new("RGB", (int(right - left) + 2 * height, int(bottom - top) + 2 * height), (240, 238, 230))
    ImageDraw.Draw(label).text((height - left, height - top), text, (40, 42, 50), font=letters)
    return label.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=(190, 188, 182))


def read_labels(name: str) -> tuple[list[list[str]], Cost]:
    """The lines that a reader finds on each label, then on the page."""
    from ameli_build.models.ocr import load_reader

    pictures = [drawn(text, height, angle) for angle in ANGLES for height in HEIGHTS for text in LABELS]
    pictures.append(photograph("page"))

    def run(reader: Any) -> tuple[Any, int]:
        return [reader.read(picture, ROTATIONS) for picture in pictures], len(pictures)

    return measured(lambda: load_reader(name), run)


def reader_rows(name: str) -> Iterator[Row]:
    """Shares of the words that a reader finds: on labels at each angle, and on the page."""
    lines, cost = alone(read_labels, name)
    count = len(HEIGHTS) * len(LABELS)
    for n, angle in enumerate(ANGLES):
        read = lines[n * count : (n + 1) * count]
        shares = [share_read(text, found) for text, found in zip(LABELS * len(HEIGHTS), read, strict=True)]
        yield Row(f"labels turned by {angle} degrees", name, "words read", np.array(shares), cost)
    words = np.array([share_read(word, lines[-1]) for word in PAGE.split()])
    yield Row("photograph of a page", name, "words read", words, cost)


def share_read(text: str, lines: Sequence[str]) -> float:
    """The share of the words of a text that the lines contain, with or without spaces between words."""
    letters = "".join("".join(lines).lower().split())
    words = text.lower().split()
    return sum(word in letters for word in words) / len(words)


# --- all of it


def alone(function: Callable[..., Any], *arguments: Any) -> Any:
    """The result of a function in a process of its own, with libraries that use one thread."""
    os.environ["OMP_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def rows(reviews: Path) -> Iterator[Row]:
    """All lines of the table."""
    if (reviews / "mentions.jsonl").is_file():
        for name in ("bundled:minilm", "package:all-mpnet-base-v2"):
            yield from text_rows(name, reviews)
    else:
        print(f"text encoders: skipped, no real reviews in {reviews}", file=sys.stderr)
    for name in ("bundled:tiny-clip", "timm:tf_efficientnet_lite2"):
        yield from picture_rows(name)
    for name in ("rapidocr", "easyocr"):
        yield from reader_rows(name)


def main() -> None:
    """Measure the models, and print the table as Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--reviews", type=Path, default=REVIEWS, help="folder with mentions.jsonl and titles.jsonl")
    options = parser.parse_args()
    print("\n".join(machine_lines(machine())), file=sys.stderr)
    print("| test | model | measure | right [95 %] | load | an item | memory |")
    print("|---|---|---|---|---|---|---|")
    for row in rows(options.reviews):
        print(row, flush=True)


if __name__ == "__main__":
    main()
