"""Best Buy: its URLs, pages, reviews and developer API (section 3.1)."""
