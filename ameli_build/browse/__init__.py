"""`ameli browse`: the reviews and products of a snapshot or a release as pages."""
