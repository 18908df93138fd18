"""Reading of texts: character sets, markup, numbers, masks."""
