"""Section 3.3: the words of a review that name its product."""
