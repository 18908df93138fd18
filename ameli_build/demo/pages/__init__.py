"""The storefront's pages: a module for each generation of product pages, and modules for all other pages."""
