"""The archive of a crawl: WARC files and their index (section 3.1)."""
