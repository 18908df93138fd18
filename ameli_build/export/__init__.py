"""A release in other layouts: the authors' layout and the Hugging Face hub's."""
