"""Dry runs of the build and of the baseline: how many items go through what, and how long that takes here."""
