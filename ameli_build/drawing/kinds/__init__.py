"""A drawing function for each kind of product; it draws on the canvas of a `Subject`."""
