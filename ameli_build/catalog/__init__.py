"""Section 3.1: from what came over the wire, or from a user's own files, to records."""
