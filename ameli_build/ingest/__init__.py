"""The user's own records: files, rows and fields, each checked (contract, section 2)."""
