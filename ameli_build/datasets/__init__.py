"""A released data set in memory, from its tables or from the layout of the authors' release (section 4.1)."""
