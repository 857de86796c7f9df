"""Where a step's data comes from."""
