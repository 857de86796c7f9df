"""Judges that are programs, one kind a file, and what they read answers with."""
