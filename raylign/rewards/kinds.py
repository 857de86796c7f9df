"""All kinds of rewards, as a job names them: a union on ``type``, a line for every kind."""

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, Union

from pydantic import BeforeValidator, Field

from raylign.extensions import extended
from raylign.rewards.constant import ConstantReward
from raylign.rewards.endpoint import EndpointReward
from raylign.rewards.length import LengthReward
from raylign.rewards.model import ModelReward
from raylign.rewards.python import PythonReward
from raylign.rewards.reward import AskedPart, KnownPart, Part
from raylign.rewards.rubric import RubricReward
from raylign.rewards.rules import RulesReward
from raylign.rewards.score import ScoreReward


def typed(document: Any) -> Any:
    """``{model: x}`` names no type, and means a reward model."""
    if isinstance(document, dict) and "type" not in document:
        return {"type": "model", **document}
    return document


OWN: tuple[type[Part], ...] = (
    ModelReward,
    RulesReward,
    RubricReward,
    ScoreReward,
    EndpointReward,
    LengthReward,
    ConstantReward,
    PythonReward,
)
KINDS = extended(OWN, group="raylign.rewards", bases=(KnownPart, AskedPart), taken=["sum"])
"""The library's own, and those that other distributions bring. Each of them may be a task's reward, or a part of a sum
(`raylign.rewards.sum`)."""
if TYPE_CHECKING:
    OnePart: TypeAlias = Part
    AnyPart: TypeAlias = Part
else:
    OnePart = Union[KINDS]  # noqa: UP007
    AnyPart = Annotated[OnePart, Field(discriminator="type"), BeforeValidator(typed)]
