"""`ameli diff`: two snapshots side by side, with their settings, records, verdicts and scores."""
