"""Train the CLIP of this package on renderings of products that the demo does not show.

    python tools/train_tiny_clip.py [--families 600] [--steps 400] [--out FOLDER]

Renders the families, trains both towers, writes half-precision weights, and prints measurements on held-out families.
The budget is in steps, so a busy machine changes the time, not the result.
"""

import argparse
import gzip
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import open_clip
import torch
import torch.nn.functional as nnf
from PIL import Image
from safetensors.torch import save_file

from ameli_build.drawing.appearance import COLOURS, KINDS, Look
from ameli_build.drawing.pictures import catalogue_view, photograph
from ameli_build.models import tiny_clip

FIRST_FAMILY = 1_000_000  # above the demo's families
HELD_OUT_FAMILY = 2_000_000
VARIANTS, PHOTOS, SIDE, MERGES = 4, 5, 64, 1500
BRANDS = ("Lumora", "Nordvik", "Zephyr", "Kestrel", "Ostara", "Pinecrest", "Halden", "Vireo")
LINES = ("Aero", "Pro", "Nova", "Core", "Edge", "Flex", "Pulse", "Prime", "Studio", "Classic")
NOUNS = {
    "television": '{}" Class LED 4K TV',
    "laptop": '{}" Laptop',
    "tablet": '{}" Tablet',
    "phone": "Phone {}GB",
    "monitor": '{}" Monitor',
    "range": "{} Cu. Ft. Freestanding Range",
    "refrigerator": "{} Cu. Ft. Refrigerator",
    "microwave": "{} Cu. Ft. Microwave",
    "washer": "{} Cu. Ft. Washer",
    "camera": "{}MP Camera",
    "smartwatch": "{}mm Smartwatch",
}

Pixels = npt.NDArray[np.uint8]
Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Rendered:
    """Pictures of products, row by row: views (n, 2, s, s, 3), photographs (n, 5, s, s, 3), captions, kinds."""

    views: Pixels
    photos: Pixels
    captions: list[str]
    kinds: npt.NDArray[np.int64]


def variants(family: int) -> list[tuple[Look, str]]:
    """The four variants of a family, two colours by two sizes, with captions in the shop's manner."""
    rng = np.random.default_rng(family)
    kind = KINDS[family % len(KINDS)]
    brand, line = BRANDS[rng.integers(len(BRANDS))], LINES[rng.integers(len(LINES))]
    colours = rng.choice(list(COLOURS), 2, replace=False)
    sizes = int(rng.integers(4, 60)), int(rng.integers(61, 99))
    noun = NOUNS.get(kind, kind.replace("_", " ").title() + " {}")
    return [
        (Look(kind, family, str(colour), float(step), brand), f"{brand} - {line} {noun.format(size)} - {colour}")
        for colour in colours
        for step, size in enumerate(sizes)
    ]


def small(picture: Image.Image) -> Pixels:
    """The picture at the model's size, scaled as in its preprocessing."""
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def photo(look: Look, seed: int) -> Pixels:
    """A photograph; two in three are cut to the product with some margin, as by the detector."""
    picture, box = photograph(look, seed, 192)
    if seed % 3:
        margin = np.random.default_rng([look.family, seed]).uniform(-0.04, 0.14, 4) * 192
        left, top, right, bottom = np.array(box) + margin * [-1, -1, 1, 1]
        picture = picture.crop((max(0, int(left)), max(0, int(top)), min(192, int(right)), min(192, int(bottom))))
    return small(picture)


def render_family(family: int) -> tuple[Pixels, Pixels, list[str]]:
    """Views (4, 2, s, s, 3), photographs (4, 5, s, s, 3) and captions of a family."""
    views, photos, captions = [], [], []
    for number, (look, caption) in enumerate(variants(family)):
        other = 1 + (family + number) % 4
        views.append([small(catalogue_view(look, view, 128)) for view in (0, other)])
        photos.append([photo(look, seed) for seed in range(PHOTOS)])
        captions.append(caption)
    return np.array(views), np.array(photos), captions


def render(first: int, families: int) -> Rendered:
    """All pictures of `families` families from number `first`, by two processes."""
    numbers = range(first, first + families)
    with ProcessPoolExecutor(2) as pool:
        done = list(pool.map(render_family, numbers, chunksize=10))
    kinds = np.repeat([number % len(KINDS) for number in numbers], VARIANTS)
    views, photos = (np.concatenate([part[column] for part in done]) for column in (0, 1))
    return Rendered(views, photos, [caption for part in done for caption in part[2]], kinds)


def write_merges(path: Path) -> None:
    """Shorten the byte-pair file of open_clip, without a newline at the end: a newline would count as a token."""
    whole = gzip.decompress(Path(open_clip.tokenizer.default_bpe()).read_bytes())
    lines = whole.decode().split("\n")[: MERGES + 1]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as stream:
        stream.write("\n".join(lines).encode())


def tensor(pixels: Pixels) -> torch.Tensor:
    """Normalised channels-last input of shape (n, 3, s, s)."""
    values = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255.0
    mean, std = (
        torch.tensor(c).view(1, 3, 1, 1) for c in (open_clip.OPENAI_DATASET_MEAN, open_clip.OPENAI_DATASET_STD)
    )
    return ((values - mean) / std).contiguous(memory_format=torch.channels_last)


def batches(data: Rendered, steps: int, families: int) -> Iterator[npt.NDArray[np.int64]]:
    """Rows of `families` whole families for each step; every second step uses two kinds only."""
    rng = np.random.default_rng(11)
    kind_of = data.kinds[::VARIANTS]
    for step in range(steps):
        pool = np.arange(len(kind_of))
        if step % 2:
            pool = pool[np.isin(kind_of, rng.choice(len(KINDS), 2, replace=False))]
        chosen = rng.choice(pool, min(families, len(pool)), replace=False)
        yield (chosen[:, None] * VARIANTS + np.arange(VARIANTS)).ravel()


def contrast(first: torch.Tensor, second: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """Symmetric InfoNCE of matching rows."""
    logits = scale.exp().clamp(max=100.0) * first @ second.T
    target = torch.arange(len(first))
    return (nnf.cross_entropy(logits, target) + nnf.cross_entropy(logits.T, target)) / 2


def train(model: Any, data: Rendered, steps: int) -> None:
    """Minimise the loss of photograph to view, with its own scale, plus 0.3 times the loss of picture to caption."""
    scale = torch.nn.Parameter(torch.tensor(2.66))
    tokens = tiny_clip.tokenizer()(data.captions)
    optimizer = torch.optim.AdamW([*model.parameters(), scale], lr=2e-3, weight_decay=0.05)
    warm = min(40, steps // 4)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda n: min((n + 1) / warm, 0.5 + 0.5 * float(np.cos(np.pi * max(0, n - warm) / (steps - warm))))
    )
    rng, began = np.random.default_rng(5), time.perf_counter()
    model.train()
    for step, rows in enumerate(batches(data, steps, 32)):
        views = data.views[rows, rng.choice(2, len(rows), p=(0.65, 0.35))]
        photos = data.photos[rows, rng.integers(PHOTOS, size=len(rows))]
        images = model.encode_image(tensor(np.concatenate([photos, views])), normalize=True)
        seen, shown = images.chunk(2)
        captions = model.encode_text(tokens[rows], normalize=True)
        loss = contrast(seen, shown, scale) + 0.3 * contrast(shown, captions, model.logit_scale)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        schedule.step()
        if step % 25 == 0:
            print(f"step {step:4d}  loss {loss.item():.3f}  {time.perf_counter() - began:.0f} s", flush=True)


@torch.inference_mode()
def embed(model: Any, pixels: Pixels) -> Vectors:
    """Unit vectors of pictures (n, s, s, 3)."""
    parts = [
        model.encode_image(tensor(part), normalize=True) for part in np.array_split(pixels, max(1, len(pixels) // 60))
    ]
    matrix: Vectors = torch.cat(parts).numpy()
    return matrix


def histogram(pixels: Pixels) -> Vectors:
    """Square roots of a colour histogram with six bins a channel: a baseline without training."""
    bins = (pixels // 43).reshape(len(pixels), -1, 3).astype(np.int64) @ np.array([36, 6, 1])
    counts = np.stack([np.bincount(row, minlength=216) for row in bins])
    roots: Vectors = np.sqrt(counts / counts.sum(axis=1, keepdims=True)).astype(np.float32)
    return roots


def recalls(queries: Vectors, entities: Vectors) -> tuple[float, float, float]:
    """Recall@1, Recall@10 and family Recall@1 of row i's query for row i's entity."""
    order = np.argsort(-(queries @ entities.T), axis=1, kind="stable")
    own = np.arange(len(queries))[:, None]
    hits = order == own
    family = (order[:, 0] // VARIANTS) == own[:, 0] // VARIANTS
    return float(hits[:, 0].mean()), float(hits[:, :10].any(axis=1).mean()), float(family.mean())


def report(model: Any, blank: Any, data: Rendered) -> None:
    """Print the table of held-out families; photograph 0 is whole, photograph 1 is cut to the product."""
    front = data.views[:, 0]
    chance = 1 / len(front)
    print(f"\n| {len(front)} held-out products | Recall@1 | Recall@10 | family Recall@1 |\n|---|---|---|---|")
    print(f"| chance | {chance:.3f} | {10 * chance:.3f} | {VARIANTS * chance:.3f} |")
    for name, photos in (("whole photograph", data.photos[:, 0]), ("cut photograph", data.photos[:, 1])):
        rows = {
            "colour histogram": recalls(histogram(photos), histogram(front)),
            "random weights": recalls(embed(blank, photos), embed(blank, front)),
            "this model": recalls(embed(model, photos), embed(model, front)),
        }
        for method, values in rows.items():
            print(f"| {name}, {method} | " + " | ".join(f"{value:.2f}" for value in values) + " |")
    with torch.inference_mode():
        captions = model.encode_text(tiny_clip.tokenizer()(data.captions), normalize=True).numpy()
    print(
        "| caption to picture, this model | "
        + " | ".join(f"{v:.2f}" for v in recalls(captions, embed(model, front)))
        + " |"
    )


def main() -> None:
    """Render the families, train the model, save the weights, print the measurements."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--families", type=int, default=600)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--out", type=Path, default=tiny_clip.checkpoint().parent)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(3)
    write_merges(tiny_clip.merges())
    began = time.perf_counter()
    data, held_out = render(FIRST_FAMILY, arguments.families), render(HELD_OUT_FAMILY, 60)
    print(f"rendered {len(data.captions) + len(held_out.captions)} products in {time.perf_counter() - began:.0f} s")
    architecture = tiny_clip.register()
    blank, model = (open_clip.create_model(architecture).to(memory_format=torch.channels_last) for _ in range(2))
    train(model, data, arguments.steps)
    weights = {name: value.detach().half().contiguous() for name, value in model.state_dict().items()}
    save_file(weights, arguments.out / tiny_clip.checkpoint().name)
    model.load_state_dict({name: value.float() for name, value in weights.items()})
    report(model.eval(), blank.eval(), held_out)


if __name__ == "__main__":
    main()
