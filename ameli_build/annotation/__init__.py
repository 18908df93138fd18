"""Section 3.5's verification: sheets out to annotators, answers back in, agreement."""
