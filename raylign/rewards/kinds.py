"""All kinds of rewards, as a job names them: a union on ``type``, a line for every kind."""

from typing import Annotated, Any, TypeAlias, get_args

from pydantic import BeforeValidator, Field

from raylign.rewards.model import ModelReward
from raylign.rewards.reward import Part
from raylign.rewards.rules import RulesReward


def typed(document: Any) -> Any:
    """``{model: x}`` names no type, and means a reward model."""
    if isinstance(document, dict) and "type" not in document:
        return {"type": "model", **document}
    return document


OnePart: TypeAlias = ModelReward | RulesReward
AnyPart = Annotated[OnePart, Field(discriminator="type"), BeforeValidator(typed)]

KINDS: tuple[type[Part], ...] = get_args(OnePart)
"""Each of them may be a task's reward, or a part of a sum (`raylign.rewards.sum`)."""
