"""Best Buy: its addresses, pages, reviews and developer API (section 3.1)."""
