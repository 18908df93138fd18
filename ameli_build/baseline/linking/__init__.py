"""Entity disambiguation: the text and the image module, their combination, the rows of Table 5 (section 4.4)."""
