"""What a hostile caller sends, and what an answer to it may cost."""

import random
from typing import Any

import httpx
from fastapi import FastAPI
from service import KEY

LONGEST_S = 1.0
"""Of the processor, for app and client in this process."""
MOST_BYTES = 100_000_000
LONGEST_ANSWER = 8_000


def nested(dice: random.Random) -> Any:
    value: Any = dice.choice([None, 1, "x", [], {}])
    for _ in range(dice.choice([10, 100, 400])):
        value = [value] if dice.random() < 0.5 else {"a": value}
    return value


def tree(dice: random.Random, depth: int = 0) -> Any:
    scalars = [None, True, 0, -1, 2**63, 10**300, 1e308, "", "x" * 50, "\ud800", "\x00", "\u2028", "\U0001f600"]
    if depth > 3 or dice.random() < 0.4:
        return dice.choice(scalars)
    keys = ["name", "tasks", "steps", "policy", "type", "when", "judges", "x\ud800", "", "__class__"]
    if dice.random() < 0.5:
        return [tree(dice, depth + 1) for _ in range(dice.randrange(5))]
    return {dice.choice(keys): tree(dice, depth + 1) for _ in range(dice.randrange(5))}


def client(app: FastAPI, token: str = KEY) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost", headers=headers)
