"""Section 3.1: from the archive of a crawl, or from the user's own files, to records."""
