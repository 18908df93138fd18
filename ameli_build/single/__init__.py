"""`ameli link`: link a new review to the products of a snapshot, in seconds (sections 4.2 to 4.4)."""
