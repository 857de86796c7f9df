"""The judge of checkable instructions, and what is checked: one family of IFEval's kinds a file."""
