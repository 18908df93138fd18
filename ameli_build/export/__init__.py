"""A release in other layouts: the authors' own, and the Hugging Face hub's."""
