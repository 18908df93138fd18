"""Browsers: the specification click, and pages of shops that serve only browsers (section 3.1)."""
