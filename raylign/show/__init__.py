"""For people: the terminal, and the report."""
