"""Types of numpy arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
"""Embeddings, shape (items, dimension), mostly of unit length."""
Floats = npt.NDArray[np.float32]
"""Scores of models."""
Values = npt.NDArray[np.float64]
"""Measurements and probabilities."""
Integers = npt.NDArray[np.int64]
"""Rows of a table, counts, labels; -1 for padding."""
Mask = npt.NDArray[np.bool_]
