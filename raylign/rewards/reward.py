"""What every reward is: parts that each give a number for a response, and how these come together."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any, ClassVar, Literal

from pydantic import Field

from raylign import bounds
from raylign.judges.askers import Endpoint, Question
from raylign.judges.judge import Judge
from raylign.rewards.raters import Answered, Head, Raters, Value
from raylign.settings import Spec
from raylign.types import Completion, Prompt, Rating
from raylign.verdicts import LONGEST_REASON, NOT_ASKED, THE_RESPONSE, Verdict

NOT_FINITE = "not finite"
LARGEST = 1e100
"""Of a number, either way: sums and squares of a step's numbers are floats too, so that no response ends the run."""
UNSAID = "no reason given"


class Reward(Spec):
    """What a task may name as its reward: one part, or some together."""

    type: str
    weight: float = Field(default=1.0, ge=-bounds.FACTOR, le=bounds.FACTOR)
    """What it is multiplied by: below 0 it is a penalty. Methods that calibrate feel its scale."""

    @abstractmethod
    def parts(self) -> tuple["Part", ...]:
        """Its parts, each of which rates every response; their labels differ."""

    @abstractmethod
    def total(self, values: Sequence[float]) -> float:
        """The reward, of the parts' values in their order."""

    @property
    @abstractmethod
    def summary(self) -> str:
        """What it is, in a few words of a table."""

    @property
    def hears_judges(self) -> bool:
        """Whether it goes by verdicts: all judges of a response must then be asked, a baseline's too."""
        return any(part.hears for part in self.parts())


class Part(Reward):
    """A kind of reward. It derives from `KnownPart` or `AskedPart`, which say who rates."""

    runs_in: ClassVar[Literal["driver", "process", "engine", "head", "endpoint"]]
    """The driver, a child process of a judge worker, the engine of a model that is asked, a reward model, or elsewhere
    on the network."""
    hears: ClassVar[bool] = False
    """Whether it goes by what the judges say."""

    name: str | None = Field(default=None, pattern=r"^\w[\w .:/-]{0,63}$", max_length=64)
    """What metrics call it; its type where absent."""

    @property
    def label(self) -> str:
        return self.name or self.type

    @property
    def summary(self) -> str:
        return self.label

    def parts(self) -> tuple["Part", ...]:
        return (self,)

    def total(self, values: Sequence[float]) -> float:
        (value,) = values
        return self.weight * value

    def fits(self, judges: Sequence[Judge]) -> None:
        """Raises `ValueError` where a task with these judges gives it nothing to go by."""

    def silent(self, judges: Sequence[Judge]) -> bool:
        """Whether it has no number for any response to a prompt that has these judges."""
        return False

    def heads(self) -> tuple[Head, ...]:
        """The reward models that it has rate."""
        return ()

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The services that it has reward."""
        return ()

    def asks(self) -> tuple[Question, ...]:
        """What it has to ask of models."""
        return ()

    def check(self, *, whose: str) -> None:
        """Raises `SpecError` where it cannot work as the job has it. Takes longer than reading its settings may.
        ``whose``: how messages call it."""
        for question in self.asks():
            question.check(whose=whose)


class KnownPart(Part):
    """A part that is told by what is known of a response once its judges have spoken."""

    runs_in: ClassVar = "driver"

    @abstractmethod
    def tell(self, prompt: Prompt, completion: Completion, verdicts: Sequence[Verdict]) -> Value:
        """Its number. Quick, and never raises on a response. ``verdicts``: one of each judge that the prompt has."""


class AskedPart(Part):
    """A part for which workers are asked."""

    @abstractmethod
    async def rate(self, raters: Raters, groups: Sequence[Answered]) -> list[list[Value]]:
        """Its number for each response of each prompt. Raises what the workers raise, and nothing on a response."""


def asked_parts(reward: Reward) -> tuple[AskedPart, ...]:
    """The parts for which workers are asked, in their order."""
    return tuple(part for part in reward.parts() if isinstance(part, AskedPart))


def rate(
    reward: Reward, prompt: Prompt, completion: Completion, verdicts: Sequence[Verdict], said: Mapping[str, Value]
) -> tuple[Rating, ...]:
    """Exactly one rating of each part, in their order. ``said``: by label, what workers say.

    What nobody said abstains; so does a number that is none, and a part that fails on the response.
    """
    return tuple(_rating(part, _value(part, prompt, completion, verdicts, said)) for part in reward.parts())


def _value(
    part: Part, prompt: Prompt, completion: Completion, verdicts: Sequence[Verdict], said: Mapping[str, Value]
) -> Value:
    if not isinstance(part, KnownPart):
        return said.get(part.label, NOT_ASKED)
    try:
        return part.tell(prompt, completion, verdicts)
    except Exception as error:  # a kind of somebody else's, and one response of a million: it is counted by its name
        return f"error: {type(error).__name__}"


def _rating(part: Part, value: Value) -> Rating:
    number, reason = (None, value or UNSAID) if isinstance(value, str) else _number(value)
    return Rating(reward=part.label, value=number, reason=reason[:LONGEST_REASON])


def _number(value: Any) -> tuple[float | None, str]:
    """Whoever made it: a finite number, or why it is none."""
    if not isinstance(value, Real):
        return None, f"no number: {type(value).__name__}"
    try:
        number = float(value)
    except OverflowError:
        return None, NOT_FINITE
    return (number, "") if abs(number) <= LARGEST else (None, NOT_FINITE)


def combine(reward: Reward, ratings: Sequence[Rating]) -> Value:
    """The reward of one response. It abstains where a part does: the others alone would be another reward.

    What is the response's own doing (`raylign.verdicts.THE_RESPONSE`) is said before what is not.
    """
    reasons = [rating.reason for rating in ratings if rating.value is None]
    if reasons:
        return next((reason for reason in reasons if reason in THE_RESPONSE), reasons[0])
    total = reward.total([rating.value for rating in ratings if rating.value is not None])
    return total if abs(total) <= LARGEST else NOT_FINITE
