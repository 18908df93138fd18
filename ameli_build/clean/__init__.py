"""Section 3.2: the seven filters, one file each, and the stage that runs them."""
