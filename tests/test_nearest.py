"""Nearest rows: equal to a full sort for any size, ties and groups."""

import numpy as np
import pytest

from ameli_build.nearest import nearest_others


def test_nearest_others_are_equal_to_a_full_sort() -> None:
    vectors = np.random.default_rng(3).normal(size=(600, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = np.rint(vectors @ vectors.T * 10_000)
    for row, found in enumerate(nearest_others(vectors, 10)):
        ordered = sorted((n for n in range(600) if n != row), key=lambda n: (-cosines[row, n], n))
        assert found == ordered[:10]


def test_ties_go_to_the_lower_row() -> None:
    assert nearest_others(np.ones((4, 1), dtype=np.float32), 2) == [[1, 2], [0, 2], [0, 1], [0, 1]]


def test_opposite_vectors_count_too() -> None:
    assert nearest_others(np.array([[1.0], [-1.0]], dtype=np.float32), 10) == [[1], [0]]


@pytest.mark.parametrize(("rows", "expected"), [(0, []), (1, [[]]), (2, [[1], [0]])])
def test_small_catalogues(rows: int, expected: list[list[int]]) -> None:
    assert nearest_others(np.ones((rows, 3), dtype=np.float32), 10) == expected


def test_nearest_others_are_of_the_same_group_unless_alone_in_it() -> None:
    groups = np.array([0, 0, 0, 1])
    assert nearest_others(np.ones((4, 1), dtype=np.float32), 3, groups) == [[1, 2], [0, 2], [0, 1], [0, 1, 2]]


def by_sorting(vectors: np.ndarray, k: int, groups: np.ndarray) -> list[list[int]]:
    cosines = np.rint(vectors @ vectors.T * 10_000)
    found = []
    for row, group in enumerate(groups):
        among = np.flatnonzero(groups == group)
        among = among if len(among) > 1 else np.arange(len(groups))
        found.append(sorted((int(n) for n in among if n != row), key=lambda n: (-cosines[row, n], n))[:k])
    return found


@pytest.mark.parametrize("k", [1, 10, 700])
def test_groups_of_all_sizes_and_many_ties(k: int) -> None:
    random = np.random.default_rng(5)
    corners = random.choice([-0.5, 0.5], size=(1500, 4)).astype(np.float32)  # sixteen vectors, each many times
    groups = random.choice(40, size=1500, p=np.arange(40) ** 2 / (np.arange(40) ** 2).sum()).astype(np.int64)
    groups[[3, 700, 1499]] = [100, 101, 102]
    assert nearest_others(corners, k, groups) == by_sorting(corners, k, groups)


def test_a_catalogue_of_one_picture() -> None:
    found = nearest_others(np.ones((3000, 1), dtype=np.float32), 10)
    assert found[0] == list(range(1, 11))
    assert found[2999] == list(range(10))
