"""Krippendorff's alpha against values worked out by hand."""

import pytest

from ameli_build.annotation.agreement import krippendorff_alpha


def test_two_annotators_two_values() -> None:
    # coincidences: 4 pairs within (1,1), 4 within (0,0) ... ten units, one disagreement:
    # n = 20, n1 = 11, n0 = 9; Do = 2 / 20; De = 2 * 11 * 9 / (20 * 19)
    units = [(1, 1)] * 5 + [(0, 0)] * 4 + [(1, 0)]
    assert krippendorff_alpha(units) == pytest.approx(1 - (2 / 20) / (2 * 11 * 9 / (20 * 19)))


def test_published_example_with_missing_values() -> None:
    # Krippendorff (2011), "Computing Krippendorff's alpha-reliability", C: four observers, twelve units, nominal
    units = [
        (1, 1, 1), (2, 2, 3, 2), (3, 3, 3, 3), (3, 3, 3, 3), (2, 2, 2, 2), (1, 2, 3, 4),
        (4, 4, 4, 4), (1, 1, 2, 1), (2, 2, 2, 2), (5, 5, 5), (1, 1), (3,),
    ]  # fmt: skip
    assert krippendorff_alpha(units) == pytest.approx(0.743, abs=0.0005)


def test_systematic_disagreement_is_below_zero() -> None:
    # n = 4, n1 = n0 = 2: Do = 1, De = 2/3
    assert krippendorff_alpha([(1, 0), (0, 1)]) == pytest.approx(-0.5)


@pytest.mark.parametrize("units", [[], [(1,), (0,)], [(1, 1), (1, 1)]])
def test_undefined_without_overlap_or_variation(units: list[tuple[int, ...]]) -> None:
    assert krippendorff_alpha(units) is None
