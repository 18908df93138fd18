"""What a run of the baseline keeps: rankings, predictions, and how they are read again."""
