"""Words, numbers and markup: how texts are cleaned and read."""
