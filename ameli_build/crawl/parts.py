"""A crawl in parts: each machine fetches a share of the products, with its share of one budget of requests."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import CrawlSettings

_COUNTS = ("api_calls_per_day", "threads", "connections", "browsers")
_PACE = frozenset((
    "rate", "api_rate", *_COUNTS, "user_agent", "connect_timeout", "read_timeout", "deadline", "retries", "backoff",
    "retry_after_ceiling", "max_forbidden", "max_failures", "max_outage", "click_timeout", "pages_per_browser",
    "browser_url",
))  # fmt: skip
"""Settings that may differ between the parts of a crawl: they change its pace, not its content."""


@dataclass(frozen=True, slots=True)
class Part:
    """Part `number`, from 1, of a crawl in `of` parts."""

    number: int = 1
    of: int = 1

    @classmethod
    def named(cls, text: str) -> Part:
        """The part that `text` names, such as "2/3"; raises `ValueError` for other texts."""
        found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
        part = cls(int(found[1]), int(found[2])) if found else cls(0, 0)
        if not 1 <= part.number <= part.of:
            raise ValueError(f"{text!r} is not a part such as 2/3, the second of three")
        return part

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def has(self, product: str) -> bool:
        """Whether a product belongs to this part, by a hash of its SKU (of its URL if it has no SKU).

        >>> [Part(number, 3).has("6509654") for number in (1, 2, 3)]
        [True, False, False]
        """
        digest = hashlib.blake2b(product.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        return int.from_bytes(digest, "big") % self.of == self.number - 1

    def share(self, settings: CrawlSettings) -> CrawlSettings:
        """The settings with this part's share of the rates and of the numbers of calls, threads and connections.

        Each part has at least one thread, connection and browser. Raises `UnusableInput` for more parts than calls a
        day.
        """
        if settings.api_calls_per_day < self.of:
            raise UnusableInput(f"crawl.api_calls_per_day = {settings.api_calls_per_day}: fewer than {self.of} parts")
        shares = {name: max(1, (getattr(settings, name) + self.of - self.number) // self.of) for name in _COUNTS}
        rates = {name: getattr(settings, name) / self.of for name in ("rate", "api_rate")}
        return settings.model_copy(update=shares | rates)


WHOLE = Part()
"""A crawl that is not in parts."""


def content_settings(settings: CrawlSettings) -> dict[str, Any]:
    """The settings that must be the same in all parts of a crawl, as JSON values."""
    return settings.model_dump(mode="json", exclude=set(_PACE))
