"""Attributes that a review states: values found by string match, OCR and language models (section 4.2)."""
