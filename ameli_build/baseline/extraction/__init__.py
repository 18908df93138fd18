"""What a review states of the product: values found by string match, OCR and language models (section 4.2)."""
