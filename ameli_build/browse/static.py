"""`--export`: a sample of the pages as files, for a reader without a server."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from ameli_build.browse.data import SPLITS, UNDECIDED, Data, read_data
from ameli_build.browse.filters import GOLD, PAGE, Filters
from ameli_build.browse.pictures import small_copy
from ameli_build.browse.views import Query, Site, funnel
from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import write_bytes

Page = tuple[str, tuple[tuple[str, str], ...]]


class Files:
    """The addresses of the pages of a sample; a picture is written when a page first shows it."""

    live = False

    def __init__(self, root: Path, out: Path, pages: Iterator[Page]) -> None:
        self.names = {page: _name(page) for page in pages}
        self._root, self._out = root, out
        self._pictures: dict[tuple[str, int], str] = {}

    def page(self, kind: str, query: Query) -> str:
        """The file of a page; "" outside the sample."""
        return self.names.get((kind, tuple(sorted(query.items()))), "")

    def picture(self, path: str, side: int) -> str:
        """The file of a small copy; "" if the picture cannot be read."""
        if (path, side) not in self._pictures:
            body = small_copy(self._root, path, str(side))
            name = f"pictures/{hashlib.sha256(body).hexdigest()[:32]}.jpg" if body else ""
            if body:
                write_bytes(self._out / name, body)
            self._pictures[path, side] = name
        return self._pictures[path, side]


def export_pages(root: Path, settings: Settings, out: Path) -> Path:
    """Write the pages of a sample: of each reason and each split the first reviews, with their products.

    Args:
        root: Folder of the snapshot or of the release.
        settings: Settings for `explain`.
        out: Folder to make.

    Returns:
        The page to open.

    Raises:
        UnusableInput: There is no snapshot and no release at `root`, or `out` is not empty.
    """
    data = read_data(root)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UnusableInput(f"{out}: exists and is not an empty folder")
    files = Files(root, out, _sample(data))
    site = Site(data, files, settings)
    for (kind, query), name in files.names.items():
        write_bytes(out / name, site.render(kind, dict(query)).encode())
    return out / files.page("home", {})


def _sample(data: Data) -> Iterator[Page]:
    """The pages of a sample."""
    yield "home", ()
    lists = [("reason", step.name) for step in funnel(data)]
    lists += [("split", state) for state in (*SPLITS, UNDECIDED) if state in data.reviews["state"]]
    lists += [("gold", name) for name, right in GOLD.items() if right in data.reviews["right"]]
    reviews = []
    for name, value in lists:
        yield "reviews", ((name, value),)
        reviews.append(data.reviews.filter(Filters.read({name: value}).reviews()).head(PAGE))
    shown = pl.concat([data.reviews.clear(), *reviews])
    yield from (("review", (("id", review_id),)) for review_id in shown["review_id"].unique(maintain_order=True))
    known = shown["sku"].unique(maintain_order=True)
    yield from (("product", (("sku", sku),)) for sku in known.filter(known.is_in(data.products["sku"].implode())))


def _name(page: Page) -> str:
    kind, query = page
    if kind == "home":
        return "index.html"
    return f"{kind}-{hashlib.sha256(repr(query).encode()).hexdigest()[:20]}.html"
