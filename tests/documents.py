"""Job documents for tests of what may stand in one."""

from typing import Any


def document(**settings: Any) -> dict[str, Any]:
    return {
        "name": "tiny",
        "steps": 3,
        "policy": {"model": "org/policy"},
        "tasks": [
            {
                "name": "math",
                "prompts": {"path": "math.jsonl"},
                "reward": {"model": "org/rm"},
                "judges": [{"type": "math"}],
                "method": {"type": "crpg", "kl_max": 5.0},
            }
        ],
        **settings,
    }


def task(**settings: Any) -> dict[str, Any]:
    """A document whose one task has these settings."""
    return document(tasks=[{**document()["tasks"][0], **settings}])
