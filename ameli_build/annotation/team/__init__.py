"""A team in one room: a local server with a page for each person, and the answers in SQLite."""

TEAM = "team"
"""Folder of `sheets/` with the pages of a team, its answers and its secret links."""
