"""Judges, reward models and annotators as one, and the judge models."""
