"""`ameli link`: one new review against the knowledge base of a snapshot, in seconds (sections 4.2 to 4.4)."""
