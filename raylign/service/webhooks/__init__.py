"""Webhooks: whoever asks for it is told that a job has ended, signed, and never at an address of the inner network."""
