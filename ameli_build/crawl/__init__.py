"""Section 3.1: the shop's responses, fetched politely and kept as they came."""
