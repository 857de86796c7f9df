"""Where a run's curves go besides its own files. A tracker is one class in a file of its own, and a line in `kinds`."""
