"""Pages in place of a requested page: refusals, and pages for products that are no longer sold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ameli_build.shops.markup import title_of
from ameli_build.wording.cleaning import clean_text

Wording = Literal["blocked", "no_longer_sold", "not_a_product"]

_FIRST = 200
"""Characters of a page without a title that replace the title."""
_WORDINGS: tuple[tuple[Wording, re.Pattern[str]], ...] = (
    (
        "blocked",
        re.compile(
            r"just a moment|access (?:to .{1,40} )?(?:(?:is|was|has been) )?(?:denied|blocked|restricted)"
            r"|(?:you are|you're|are you) (?:a )?(?:human|robot)"
            r"|robot or human|not a robot|human verification|verify(?:ing)? (?:that )?(?:you|your|access)"
            r"|security (?:check|challenge|verification)|checking (?:if|your browser)|unusual (?:traffic|activity)"
            r"|attention required|pardon our interruption|press (?:and|&) hold|request (?:unsuccessful|blocked)"
            r"|you have been blocked|too many requests|bot detect|ddos protection|enable (?:javascript|cookies)",
            re.I,
        ),
    ),
    (
        "no_longer_sold",
        re.compile(
            r"no longer (?:available|sold|carried|offered|exists)|(?:not|n't) available (?:any ?more|any longer)"
            r"|discontinued|(?:page|product|item) (?:was |is |could |can )?(?:not|n't|cannot)(?: be)? (?:found|exist)"
            r"|(?:couldn't|could not|can't|cannot) find|(?:has been|was) (?:removed|withdrawn)|^404\b",
            re.I,
        ),
    ),
    (
        "not_a_product",
        re.compile(
            r"(?:something|that) went wrong|we're sorry|^sorry[,.]|^oops|^error\b|try again|(?:un|not )available\b"
            r"|be (?:right back|back (?:soon|shortly|later))|(?:scheduled|planned|under|down for) maintenance",
            re.I,
        ),
    ),
)
"""Patterns of pages in place of a product page, by kind of failure."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A page by which a shop refuses a request.

    `mark` is a lower-case part of its title, `kind` its kind of failure, `text` its name in messages.
    """

    mark: str
    kind: Literal["blocked", "country_page"]
    text: str


REFUSALS = (
    Refusal("access denied", "blocked", "a block page (Access Denied)"),
    Refusal("pardon our interruption", "blocked", "a block page (Pardon our interruption)"),
)
"""Block pages of content delivery networks, common to all shops."""


def title_words(html: str) -> str:
    """The title of a page, or its first words if it has none."""
    title = title_of(html)
    return clean_text(html[:_FIRST] if title is None else title)


def refusal_in(html: str, refusals: Sequence[Refusal] = REFUSALS) -> Refusal | None:
    """The refusal in a page, None if it is none. Only the title counts: good pages may contain "captcha"."""
    words = title_words(html).lower()
    return next((refusal for refusal in refusals if refusal.mark in words), None)


def wording(text: str) -> Wording | None:
    """The kind of page by a short text such as a heading; None for a text that may name a product.

    >>> wording("Verify you are human"), wording("This item is no longer available."), wording("A red lamp")
    ('blocked', 'no_longer_sold', None)
    """
    return next((word for word, pattern in _WORDINGS if pattern.search(text)), None)
