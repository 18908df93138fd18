"""Section 3.3: which words of a review name the product it is about."""
