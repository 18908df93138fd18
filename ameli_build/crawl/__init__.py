"""Section 3.1: responses of the shop, fetched politely and archived unchanged."""
