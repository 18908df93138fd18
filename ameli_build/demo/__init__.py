"""The demo's world: a generated catalogue, its reviews and pictures, and a storefront that serves them (not the paper's data)."""
