"""Rollout workers and the engines they drive."""
