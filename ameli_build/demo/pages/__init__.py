"""The storefront's pages: one module a generation of product pages, and one each for what lies around them."""
