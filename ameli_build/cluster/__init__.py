"""Shards on other machines: Dask, Ray, or ranks that fill a shared cache."""
