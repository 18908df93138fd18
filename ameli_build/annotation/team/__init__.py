"""A team in one room: a local server with a page for each person, and the answers in SQLite."""
