"""Linking of new reviews by the methods of the baseline, with a search for the mention among all products' names."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from ameli_build.core.cache import Mapper, Work, in_process
from ameli_build.core.progress import busy
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.models.needs import require
from ameli_build.single.answer import Answer
from ameli_build.single.index import EXPORTS, ROLES, Index, fingerprint_of, folder_of, load_index, released_products
from ameli_build.single.models import Models
from ameli_build.single.photos import Photo
from ameli_build.single.ranking import answer
from ameli_build.single.reading import read_review, take_photos

TOP = 10


def link_review(
    snapshot: Snapshot,
    settings: Settings,
    text: str,
    images: Sequence[Path] = (),
    mention: str | None = None,
    *,
    top: int = TOP,
    ocr: bool = True,
) -> Answer:
    """The `top` most probable products of a new review; see `Linker`.

    Raises:
        UnusableInput: There is no data set, a picture cannot be used, or a model is missing. All inputs are checked
            before an index is built.
    """
    released_products(snapshot)
    photos = take_photos(text, images, settings)
    require(settings, {*ROLES, "detector"} if photos else ROLES)
    return Linker.open(snapshot, settings).link_photos(text, photos, mention, top=top, ocr=ocr)


@dataclass(frozen=True, slots=True)
class Linker:
    """Links any number of new reviews to the products of a released data set."""

    index: Index
    models: Models
    settings: Settings

    @classmethod
    def open(
        cls, snapshot: Snapshot, settings: Settings, mapper: Mapper = in_process, *, locked: bool = False
    ) -> Linker:
        """Load the index of the products; build it first if products, models or settings have changed.

        Args:
            snapshot: Snapshot with a released data set.
            settings: Settings of the run.
            mapper: Maps a function over shards: in this process, or with `process_mapper`.
            locked: Whether the caller holds the snapshot's lock, which building an index needs.

        Raises:
            UnusableInput: There is no data set, or a model is missing.
            RunFailed: An index must be built while another run works in the snapshot.
        """
        require(settings, ROLES)
        mine = fingerprint_of(snapshot, settings)
        index = load_index(snapshot, mine, Work.of(snapshot, settings).folder(EXPORTS))
        if index is None:
            from ameli_build.single.build import build_index

            with nullcontext() if locked else snapshot.lock(), busy("make the index"):
                index = build_index(snapshot, settings, mine, mapper)
        return cls(index, Models.of(snapshot, settings, index.about, folder_of(snapshot)), settings)

    def link(
        self, text: str, images: Sequence[Path] = (), mention: str | None = None, *, top: int = TOP, ocr: bool = True
    ) -> Answer:
        """Link a review to its most probable products.

        Args:
            text: Title and text of the review. Markup is removed first; the mention's offsets count after that.
            images: Files of its photographs.
            mention: The product's name in the review; None searches the text for names of products.
            top: Number of products in the answer.
            ocr: Whether OCR searches the photographs for attributes.

        Returns:
            The products with their scores, best first.

        Raises:
            UnusableInput: Text and photographs are both missing, or a photograph cannot be used.
        """
        return self.link_photos(text, take_photos(text, images, self.settings), mention, top=top, ocr=ocr)

    def link_photos(
        self, text: str, photos: Sequence[Photo], mention: str | None = None, *, top: int = TOP, ocr: bool = True
    ) -> Answer:
        """Link a review with opened photographs; see `link`."""
        reading = read_review(self.index, self.models, self.settings, text, photos, mention, ocr)
        return answer(self.index, self.models, self.settings, reading, top)
