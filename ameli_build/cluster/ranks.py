"""The share of a rank: one of N independent processes that fill the shared cache."""

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
    """A mapper that makes its share of the shards, then all missing shards; results are in the cache.

    The name of a shard's file decides its rank, so a restarted rank has the same share.
    """

    rank: int
    of: int
    made: int = field(default=0, init=False)
    """Shards that this rank has made."""
    reported: float = field(default_factory=time.monotonic, init=False)
    """Time of the last line of progress, in seconds."""

    def on(self, resource: str) -> Rank:
        """This mapper: a rank does not choose its machine."""
        return self

    def __call__(self, function: Callable[[Any], Any], items: Sequence[Job]) -> Iterator[Any]:
        """Apply `function` to each job without a file."""
        cached = [item for item in items if item.path is not None]
        if not cached:
            yield from map(function, items)
            return
        shares = sorted(cached, key=self._order)
        own = sum(not self._order(item)[0] for item in shares)
        for n, item in enumerate(shares):
            if n == own and item.store is not None:  # entries of other ranks
                item.store.share([job.path for job in shares[own:] if job.path is not None])
            if not item.is_made():
                function(item)
                self.made += 1
                self._report(n + 1, len(shares))
        yield from (None for _ in items)

    def owns(self, name: str) -> bool:
        """Whether the shard with this file name belongs to the rank's share."""
        return int(fingerprint(name)[:8], 16) % self.of == self.rank

    def _order(self, job: Job) -> tuple[bool, str]:
        """The rank's own share first; then the others, in a different order for each rank."""
        name = job.path.name if job.path is not None else ""
        return not self.owns(name), fingerprint(name, self.rank)

    def _report(self, n: int, total: int) -> None:
        if time.monotonic() - self.reported >= LINE_EVERY_SECONDS:
            self.reported = time.monotonic()
            say(f"  {n:,} of {total:,} shards checked, {self.made:,} made")
