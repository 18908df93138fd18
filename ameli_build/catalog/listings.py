"""Listings and sitemaps: which products there are (section 3.1)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ListingCard:
    """One product in a listing; `sku` is None where the card does not say it."""

    sku: str | None
    url: str


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a category: its cards, the next page, and how many products the shop counts in all."""

    cards: tuple[ListingCard, ...]
    next_url: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Sitemap:
    """One sitemap file: further sitemap files that it names, and pages."""

    shards: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
