"""V2VTEL: the first five candidates of one linker in the order of another."""

import numpy as np

from ameli_build.baseline.linking.combine import rerank


def test_only_the_first_five_candidates_are_ranked_again() -> None:
    candidates = np.array([[10, 11, 12, 13, 14, 15, 16], [20, 21, -1, -1, -1, -1, -1]])
    visual = np.array([[0.1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4], [0.2, 0.3, 9, 9, 9, 9, 9]], dtype=np.float32)
    text = np.array([[9, 1, 2, 3, 4, 5, 8], [7, 6, 9, 9, 9, 9, 9]], dtype=np.float32)
    assert rerank(visual, text, candidates).tolist() == [[15, 14, 13, 12, 11, 16, 10], [20, 21, -1, -1, -1, -1, -1]]
