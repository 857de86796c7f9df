"""The ``raylign`` command."""
