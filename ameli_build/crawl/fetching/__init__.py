"""Polite HTTP requests (section 3.1)."""
