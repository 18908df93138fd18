"""Near-duplicates: reviews and photographs that stand in different splits all but unchanged."""
