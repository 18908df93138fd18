"""Verification by annotators (section 3.5): sheets, answers and agreement."""
