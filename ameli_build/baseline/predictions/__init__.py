"""Predictions and rankings of the baseline: writing, reading, and text for `ameli explain`."""
