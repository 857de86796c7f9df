"""Rewards: a number for every response. One file a kind; `reward` says what they share."""
