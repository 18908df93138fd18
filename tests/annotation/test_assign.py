"""Who gets which review."""

from ameli_build.annotation.assign import assign

IDS = [f"r{n}" for n in range(50)]


def test_every_review_once_and_the_overlap_for_all() -> None:
    sheets = assign(IDS, 4, 6, seed=13)
    shared = set.intersection(*map(set, sheets))
    own = [review for sheet in sheets for review in sheet if review not in shared]
    assert len(shared) == 6
    assert sorted(own) == sorted(set(IDS) - shared)
    assert {len(sheet) for sheet in sheets} == {17}


def test_order_of_the_input_does_not_matter_and_the_seed_does() -> None:
    assert assign(IDS, 3, 2, seed=13) == assign(IDS[::-1], 3, 2, seed=13)
    assert assign(IDS, 3, 2, seed=13) != assign(IDS, 3, 2, seed=14)


def test_more_annotators_than_reviews_and_more_overlap_than_reviews() -> None:
    assert sorted(map(len, assign(["a", "b"], 3, 0, seed=1))) == [0, 1, 1]
    assert [set(sheet) for sheet in assign(["a", "b"], 3, 9, seed=1)] == [{"a", "b"}] * 3
