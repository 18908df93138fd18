"""Near-duplicates: almost equal reviews and photographs in different splits."""
