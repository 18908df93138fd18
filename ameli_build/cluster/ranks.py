"""Shards of one of N processes that know nothing of one another: each fills the shared cache."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ameli_build.core.cache import Job
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.progress import LINE_EVERY_SECONDS, say


@dataclass(slots=True)
class Rank:
    """A mapper that makes its share of the shards, then those that nobody has made; results are in the cache.

    The name of a shard's file decides whose share it is, so a rank that starts again has the same share.
    """

    rank: int
    of: int
    made: int = field(default=0, init=False)
    """Shards that this rank has made."""
    told: float = field(default_factory=time.monotonic, init=False)

    def on(self, resource: str) -> Rank:
        """Itself: a rank runs where its machine was chosen."""
        return self

    def __call__(self, function: Callable[[Any], Any], items: Sequence[Job]) -> Iterator[Any]:
        """Apply `function` to each job whose file is not there."""
        cached = [item for item in items if item.path is not None]
        if not cached:
            yield from map(function, items)
            return
        shares = sorted(cached, key=self._order)
        for n, item in enumerate(shares, 1):
            if item.path is not None and not item.path.is_file():
                function(item)
                self.made += 1
                self._tell(n, len(shares))
        yield from (None for _ in items)

    def owns(self, name: str) -> bool:
        """Whether the shard that is kept under a name is the rank's own."""
        return int(fingerprint(name)[:8], 16) % self.of == self.rank

    def _order(self, job: Job) -> tuple[bool, str]:
        """First the rank's own share; the others in an order that each rank has for itself."""
        name = job.path.name if job.path is not None else ""
        return not self.owns(name), fingerprint(name, self.rank)

    def _tell(self, n: int, total: int) -> None:
        if time.monotonic() - self.told >= LINE_EVERY_SECONDS:
            self.told = time.monotonic()
            say(f"  {n:,} of {total:,} shards looked at, {self.made:,} made")
