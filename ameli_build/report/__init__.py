"""The report: one page that shows a snapshot, its scores and its worst misses (`ameli report`)."""
