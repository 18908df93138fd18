"""Personal data in texts: the labelled lines, hostile texts, and the columns of a table."""

from __future__ import annotations

import time

import polars as pl
import pytest
from personal_lines import labelled

from ameli_build.clean.personal import mask, mask_reviews
from ameli_build.wording.masks import in_mask

MISJUDGED = {
    "I wrote help@example.comand got nothing": "I wrote [email] got nothing",
    "my number 404-555-0156 ext. 12 is on the form": "my number [phone] is on the form",
}
"""Lines whose masks differ from their labels: two masks are longer."""


def test_labelled_lines_are_masked() -> None:
    lines = labelled()
    assert len({text for text, _ in lines}) >= 180
    assert sum(text != wanted for text, wanted in lines) >= 50
    read = {text: mask(text).text for text, _ in lines}
    wrong = {text: read[text] for text, wanted in lines if read[text] != wanted}
    assert wrong == MISJUDGED


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("it is at comcast.net", "it is at comcast.net"),
        ("It's at Comcast.net, we're at aol.com", "It's at Comcast.net, we're at aol.com"),
        ("Look at gmail.com, or sign up at Yahoo dot com", "Look at gmail.com, or sign up at Yahoo dot com"),
        ("My email is at gmail.com", "My email is at gmail.com"),
        ("write to kim at gmail.com", "write to [email]"),
        ("thisguy at comcast.net, it.is at gmail dot com", "[email], [email]"),
        ("it@example.com and it [at] example [dot] com", "[email] and [email]"),
    ],
)
def test_a_word_of_the_sentence_before_a_bare_at_is_not_masked(text: str, wanted: str) -> None:
    assert mask(text).text == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("mail kim.lee @ example.org please", "mail [email] please"),
        ("mail kim @example.com, or kim@ example.co.uk", "mail [email], or [email]"),
        ("kim\u00a0@\u00a0example.net", "[email]"),
        ("kim＠example.com and lee﹫example.org", "[email] and [email]"),
        ("KIM77 ＠ EXAMPLE.COM", "[email]"),
        ("kim@example,com", "[email]"),
        ("kim@example .com, lee@ mail . com", "[email], [email]"),
        ("kim\u200b@\u2009example.org and lee(@)example.com", "[email] and [email]"),
        ("kim [ @ ] example.net", "[email]"),
        ("we met @ store. Comfort was fine", "we met @ store. Comfort was fine"),
        ("cheaper @ example.com", "cheaper @ example.com"),
        ("I got 2 @ example.com for $20 @ 5.30pm", "I got 2 @ example.com for $20 @ 5.30pm"),
        ("4k @ 60 fps, meet @ home.nice", "4k @ 60 fps, meet @ home.nice"),
    ],
)
def test_addresses_with_blanks_and_with_other_at_signs_are_masked(text: str, wanted: str) -> None:
    assert mask(text).text == wanted
    masked, _ = mask_reviews(pl.DataFrame({"title": [text], "text": [text]}))
    assert masked.rows() == [(wanted, wanted)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Antutu says 3035550177 on this tablet", "Antutu says 3035550177 on this tablet"),
        ("my phone scored 4045550156 in geekbench", "my phone scored 4045550156 in geekbench"),
        ("it copied 503 555 0142 bytes", "it copied 503 555 0142 bytes"),
        ("Call of Duty counts 5125550111 kills", "Call of Duty counts 5125550111 kills"),
        ("ring me on 3035550177", "ring me on [phone]"),
        ("You can call Dana any day at 503 555 0142.", "You can call Dana any day at [phone]."),
        ("their number was 4045550156", "their number was [phone]"),
        ("5125550111 is my cell", "[phone] is my cell"),
        ("1 888 555 0123 never answers", "[phone] never answers"),
        ("call me on 555 0177", "call me on [phone]"),
        ("phone: 555 0111", "phone: [phone]"),
        ("call me at 5550177, or dial 5550111", "call me at [phone], or dial [phone]"),
        ("reach us on 555 0177", "reach us on [phone]"),
        ("text me @ 555-0142, sms 303/555/0177", "text me @ [phone], sms [phone]"),
        ("the phone 6401728 is its SKU, text 12345678", "the phone 6401728 is its SKU, text 12345678"),
    ],
)
def test_bare_digits_are_a_telephone_number_only_next_to_words_of_calling(text: str, wanted: str) -> None:
    assert mask(text).text == wanted


def test_masks_are_counted_and_other_texts_do_not_change() -> None:
    masked = mask("a@example.com, b@example.com or +1 212 555 0134")
    assert (masked.text, masked.emails, masked.phones) == ("[email], [email] or [phone]", 2, 1)
    plain = "5 stars\n\tfor  WF45T6000AW \U0001f600"
    assert mask(plain).text == plain
    assert mask(masked.text) == type(masked)(masked.text, 0, 0)


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "a@",
        "a.b-",
        "1-",
        "at ",
        "call me ",
        "www.",
        "\u0661",
        "((",
        "a @ ",
        "@ ",
        "call 5",
        "2125550134 ",
        "a . ",
        "me at ",
    ],
)
def test_long_texts_take_linear_time(unit: str) -> None:
    started = time.process_time()
    mask(unit * (200_000 // len(unit)))
    assert time.process_time() - started < 10


def test_columns_of_a_table_are_masked() -> None:
    rows = pl.DataFrame(
        {
            "review_id": ["a", "b", "c", "d"],
            "title": ["ask jane@example.com", "", "at home", "12345678 times"],
            "text": ["call (212) 555-0134", "fine", "call 555-0134, mail bob@example.org", "1234567890123456"],
        }
    )
    masked, counts = mask_reviews(rows)
    assert masked["title"].to_list() == ["ask [email]", "", "at home", "12345678 times"]
    assert masked["text"].to_list() == ["call [phone]", "fine", "call [phone], mail [email]", "1234567890123456"]
    assert counts == {"emails_masked": 2, "phones_masked": 2, "reviews_masked": 2}
    assert masked["review_id"].equals(rows["review_id"])
    empty, counts = mask_reviews(rows.clear())
    assert empty.schema == rows.schema
    assert set(counts.values()) == {0}


def test_labelled_lines_in_a_table_are_masked() -> None:
    """The quick check before the rules skips no text that the rules would change."""
    texts = [text for text, _ in labelled()]
    masked, _ = mask_reviews(pl.DataFrame({"title": texts, "text": texts[::-1]}))
    assert masked["title"].to_list() == [mask(text).text for text in texts]
    assert masked["text"].to_list() == masked["title"].to_list()[::-1]


def test_words_inside_a_mask_are_recognized() -> None:
    text = "[phone] phone phone]"
    assert [in_mask(text, start, start + 5) for start in (1, 8, 14)] == [True, False, False]
