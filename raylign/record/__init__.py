"""What a run leaves behind: its events and their history, its directory, its checkpoints."""
