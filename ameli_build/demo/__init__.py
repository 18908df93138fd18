"""The demo's world: a generated catalogue, reviews, pictures, and a storefront that serves them."""
