"""`ameli report`: a page with a snapshot's statistics, its scores and its worst misses."""
