"""Tables 4 and 5: names of their rows, metrics, claims, and text for a terminal (section 5)."""
