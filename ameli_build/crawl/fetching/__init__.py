"""One address at a time, asked for politely (section 3.1)."""
