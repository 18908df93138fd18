"""Shops: what their pages look like, and how they become records (section 3.1)."""
