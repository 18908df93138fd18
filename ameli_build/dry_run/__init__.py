"""Dry runs of crawl and build: numbers of items, and estimates of time, memory and disk on this machine."""
