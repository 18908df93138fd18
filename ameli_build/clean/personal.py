"""The mask of personal data: e-mail addresses and telephone numbers in the texts of reviews that stay.

The rules of section 3.2 read the original texts. Mentions, features and the release have the masked texts, so offsets
count in the released text. Names of authors are never released.

A telephone number is a number that the library `phonenumbers` finds valid and well grouped, of the shop's country or
with a country code. It is no telephone number if the words before it say so ("order #"). Digits without separators, or
with blanks only, can be a score or a rate. They count if words next to them are about calling, or if they begin like a
toll-free number. A number that the library does not find, such as a number without area code, counts if the words
before it ask to call it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl
from phonenumbers import Leniency, PhoneNumberMatcher

from ameli_build.core.records import Review, fields_of
from ameli_build.core.settings.section import Section
from ameli_build.wording.masks import EMAIL, PHONE

TEXTS = tuple(
    field.name
    for field in fields_of(Review)
    if field.kind is str and field.column and field.column.released and field.name not in ("review_id", "sku")
)
"""Released texts of a review: title, text, and those that a new field adds."""

REGION = "US"
"""Country of numbers without a country code. All of North America has the same form."""

_LOCAL = r"(?<![\w.+%-])[\w+%][\w.+%-]{0,63}"
_HOST = r"(?:[a-z0-9-]{1,63}\.){0,4}(?:[a-z][a-z0-9-]{0,62}\.(?-i:[a-z]{2,24}|[A-Z]{2,24})|[0-9]{1,63}\.com)(?!\w)"
_DOT = r"(?:\s?[\[({]\s?dot\s?[\])}]\s?|\sdot\s|\.)"
_PROVIDER = r"(?:gmail|yahoo|hotmail|outlook|aol|icloud|comcast|protonmail)"
_NO_NAME = (
    r"(?!(?:s|t|d|m|re|ve|ll|its"  # ends of "it's", "isn't", "we're"
    r"|i|me|you|he|she|it|we|us|they|them|him|her|this|that|these|those|there|here|one|all|a|an|the|is|are|was|were"
    r"|be|been|am|do|does|did|not|no|and|or|but|so|as|in|on|up|out|off|of|for|to|with|from|by|only|just|also|then|now"
    r"|again|even|still|both|people|look|looks|looked|looking|mail|mails|email|emails|e-mail|account|accounts|address"
    r"|inbox|website|site|page|service|support|works|worked|working|available|found|log|logged|sign|signed)\sat\s)"
)
"""Words before "at" that belong to the sentence and not to an address."""

_AT = "[@\uff20\ufe6b]"
_SPACE = "(?:[^\\S\r\n]|[\u200b-\u200d\u2060\ufeff])"
"""Of a line, or one without width."""
_BLANK = f"{_SPACE}{{0,3}}"
_NOT_BEFORE_A_SHOP = (
    r"(?!(?:i|me|it|them|one|this|that|and|or|is|was|are|be|bought|buy|purchased|ordered|got|get|found|cheaper|cheap|price"
    r"|priced|sale|sold|deal|deals|available|online|store|stores|back|over|only|here|more|less|check|look|looked|shop)\s)"
)
"""Words before a sign between blanks that belong to the sentence: "cheaper @ example.com"."""
_KNOWN_END = r"(?:com|net|org|edu|gov|info|biz|io|us|ca|co|uk|de|fr|mx|au|eu|nl|es|tv)"
_SPACED_HOST = rf"(?:(?:[a-z0-9-]{{1,63}}\.){{1,4}}{_KNOWN_END}|[a-z0-9-]{{1,63}}{_SPACE}?\.{_SPACE}?com)(?!\w)"

_EMAIL = re.compile(
    rf"{_LOCAL}{_AT}{_HOST}"
    rf"|{_LOCAL}{_AT}[a-z0-9-]{{1,63}}[,\uff0e](?:com|net|org|edu)(?!\w)"
    rf"|(?<![\w.+%-])(?=[\w.+%-]{{0,63}}?[a-z]){_NOT_BEFORE_A_SHOP}[\w+%][\w.+%-]{{0,63}}{_BLANK}{_AT}{_BLANK}{_SPACED_HOST}"
    rf"|{_LOCAL}\s?[\[({{]\s?(?:at|{_AT})\s?[\])}}]\s?[a-z0-9-]{{1,63}}(?:{_DOT}[a-z]{{2,24}}){{1,2}}"
    rf"|(?<![\w.+%-]){_NO_NAME}{_LOCAL}\sat\s{_PROVIDER}{_DOT}(?:com|net|me)\b",
    re.IGNORECASE,
)
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_OTHER_NUMBER = re.compile(
    r"\b(?:order|serial|s/n|sn|parts?|model|item|confirmation|tracking|firmware|version|driver|upc|ean|isbn|sku|imei"
    r"|invoice|ticket|case|claim|account|acct|reference|ref|code|receipt|dns|ip)"
    r"[\s:.#-]{0,3}(?:(?:numbers?|num|nos?|id|code|is|was)[\s:.#-]{0,3}){0,2}$",
    re.IGNORECASE,
)
_CUE = (
    r"\b(?:call|called|text|texted|dial|phone|ph|tel|telephone|fax|tty|cell|mobile|sms|whatsapp"
    r"|(?:ring|reach|contact)\s(?:me|us|him|her|them))[\s:.#-]{0,3}"
)
_MORE_OF_IT = r"(?:(?:me|us|him|her|them|at|on|is|numbers?|no|num|line|@)[\s:.#-]{1,3})"
_ASKED_TO_CALL = re.compile(
    rf"(?:{_CUE}{_MORE_OF_IT}{{0,3}}((?:\(?\d{{3}}\)?[-./ ])?\d{{3}}[-./ ]\d{{4}})"
    rf"|(?:{_CUE}{_MORE_OF_IT}{{1,3}}|\b(?:call|text|dial)(?:ed)?\s)(\d{{7}}))(?![-./]?\w)",
    re.IGNORECASE,
)
_BARE = re.compile(r"[\d\s]+")
_TOLL_FREE = re.compile(r"1\s?8(?:00|33|44|55|66|77|88)")
_TO_CALL = (
    r"\b(?:call(?:s|ed|ing)?(?!\sof\b)|text(?:ed|ing)?|dial(?:l?ed|l?ing)?|sms|whats\s?app|(?:reach|contact|ring|phone)"
    r"\s(?:me|us|him|her|them|you))\b[^.!?\n]{0,30}"
)
_A_NUMBER = (
    r"\b(?:tel|telephone|phone|ph|cell|cellphone|mobile|fax|tty|hot\s?line|help\s?line|toll[ -]free|support|whatsapp"
    r"|customer\s(?:service|care)|(?:my|his|her|their|our|your)\s(?:number|no|num|line))\b"
)
_LINK = r"[\s:.#-]{0,3}(?:(?:numbers?|num|no|line|is|was|are|at|on|me|us)[\s:.#-]{0,3}){0,3}"
_CALLING_BEFORE = re.compile(rf"(?:{_TO_CALL}|{_A_NUMBER}{_LINK})$", re.IGNORECASE)
_CALLING_BEHIND = re.compile(rf"\W{{0,3}}(?:is|was|are)\s(?:\w{{1,9}}\s){{0,2}}?{_A_NUMBER}", re.IGNORECASE)
_MAYBE = rf"{_AT}|(?i:[\[({{]\s?at\s?[\])}}]|\sat\s{_PROVIDER})|(?:\d\D{{0,4}}){{7}}"
"""A fast test that every text with personal data matches."""


class PersonalSettings(Section):
    """The mask of personal data."""

    mask_personal: bool = True
    """Mask e-mail addresses and telephone numbers in the texts of reviews."""


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without personal data, and the numbers of masked addresses and telephone numbers."""

    text: str
    emails: int
    phones: int


def mask(text: str) -> Masked:
    """Mask e-mail addresses and telephone numbers.

    >>> mask("Write to jane.doe@example.com or call (212) 555-0134.").text
    'Write to [email] or call [phone].'
    """
    without, emails = _EMAIL.subn(EMAIL, text)
    pieces, behind, phones = [], 0, 0
    for start, end in sorted(_phones(without)):
        if start >= behind:
            pieces += [without[behind:start], PHONE]
            behind = end
            phones += 1
    return Masked("".join([*pieces, without[behind:]]), emails, phones)


def _phones(text: str) -> Iterator[tuple[int, int]]:
    urls = [found.span() for found in _URL.finditer(text)]
    for match in PhoneNumberMatcher(text, REGION, leniency=Leniency.STRICT_GROUPING):
        before = text[max(0, match.start - 40) : match.start]
        in_url = any(start <= match.start < end for start, end in urls)
        if _BARE.fullmatch(match.raw_string) and not (
            _TOLL_FREE.match(match.raw_string)
            or _CALLING_BEFORE.search(before)
            or _CALLING_BEHIND.match(text[match.end : match.end + 40])
        ):
            continue
        if match.raw_string.startswith("+") or not (in_url or _OTHER_NUMBER.search(before)):
            yield match.start, match.end
    for found in _ASKED_TO_CALL.finditer(text):
        yield found.span(found.lastindex or 0)


def mask_reviews(reviews: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    """Mask the texts of reviews.

    Args:
        reviews: Table with the columns `TEXTS`.

    Returns:
        `reviews` with masked texts, and the counts `emails_masked`, `phones_masked` and `reviews_masked`.
    """
    counts = {"emails_masked": 0, "phones_masked": 0, "reviews_masked": 0}
    touched = pl.Series(dtype=pl.Boolean).extend_constant(False, reviews.height)
    for column in TEXTS:
        maybe = reviews[column].str.contains(_MAYBE).arg_true()
        masked = [mask(text) for text in reviews[column][maybe]]
        counts["emails_masked"] += sum(result.emails for result in masked)
        counts["phones_masked"] += sum(result.phones for result in masked)
        has_data = pl.Series([bool(result.emails or result.phones) for result in masked], dtype=pl.Boolean)
        touched = touched.scatter(maybe.filter(has_data), True)
        reviews = reviews.with_columns(reviews[column].scatter(maybe, [result.text for result in masked]))
    counts["reviews_masked"] = int(touched.sum())
    return reviews, counts
