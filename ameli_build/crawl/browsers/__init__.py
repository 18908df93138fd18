"""Browsers: the specification click, and pages for shops that answer nothing else (section 3.1)."""
