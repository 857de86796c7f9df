"""The models that score: the reference, and reward models."""
