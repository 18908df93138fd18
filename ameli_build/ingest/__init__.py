"""Records of one's own: files, rows and fields, each checked (contract, section 2)."""
