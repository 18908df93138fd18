"""The choice among candidate mentions."""

from ameli_build.mentions.choose import choose_mention
from ameli_build.mentions.match import find_occurrences, lookup_of

KEYS = {"laptop": False, "gaminglaptop": False}


def chosen(text: str, scores: dict[str, float]) -> tuple[int, str] | None:
    mention = choose_mention(text, find_occurrences(text, lookup_of(KEYS)), scores)
    return (mention.start, mention.text) if mention else None


def test_the_name_nearest_to_the_title_wins() -> None:
    assert chosen("A laptop, a gaming laptop", {"laptop": 0.4, "gaming laptop": 0.5}) == (12, "gaming laptop")
    assert chosen("A laptop, a gaming laptop", {"laptop": 0.6, "gaming laptop": 0.5}) == (2, "laptop")


def test_ties_go_to_the_longer_name() -> None:
    assert chosen("A laptop, a gaming laptop", {"laptop": 0.5, "gaming laptop": 0.5}) == (12, "gaming laptop")


def test_a_name_after_this_beats_an_earlier_name() -> None:
    assert chosen("The laptop. This Laptop.", {"laptop": 0.5}) == (17, "Laptop")
    assert chosen("The laptop. That Laptop.", {"laptop": 0.5}) == (4, "laptop")


def test_forms_of_one_name_need_no_scores() -> None:
    lookup = lookup_of(KEYS | {"laptops": False}, {"laptops": "laptop"})
    text = "Laptops. My laptop."
    mention = choose_mention(text, find_occurrences(text, lookup), {})
    assert mention is not None
    assert (mention.text, mention.score) == ("Laptops", None)


def test_a_noun_of_the_title_wins_over_other_names() -> None:
    lookup = lookup_of({"earbuds": False, "headphones": False}, titled=["earbuds"])
    text = "Earbuds fall out. Get headphones."
    mention = choose_mention(text, find_occurrences(text, lookup), {})
    assert mention is not None
    assert mention.text == "Earbuds"


def test_a_review_without_a_candidate_has_no_mention() -> None:
    assert chosen("Nice", {}) is None
