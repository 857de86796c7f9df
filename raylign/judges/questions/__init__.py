"""What is asked of a model about responses, one kind a file, and the templates that questions are written with."""
