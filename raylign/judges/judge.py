"""What every judge has: its settings in a job, whom it applies to, and where it runs."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from raylign import bounds
from raylign.judges.askers import Question
from raylign.judges.canaries import Canaries
from raylign.settings import Spec


def _comparable(value: Any) -> Any:
    """One sentence for what the union below would refuse in six."""
    for item in value if isinstance(value, list | tuple) else [value]:
        if not (item is None or isinstance(item, str | int | float)):
            raise ValueError("compare with a text, a number, true, false, null, or a list of these")
    return value


Number = Annotated[int, Field(ge=-int(bounds.NUMBER), le=int(bounds.NUMBER))]
Real = Annotated[float, Field(ge=-bounds.NUMBER, le=bounds.NUMBER)]
Text = Annotated[str, Field(max_length=bounds.TEXT)]
Scalar = Text | bool | Number | Real | None
Condition = Annotated[
    Scalar | Annotated[list[Scalar], Field(max_length=bounds.CONDITIONS)], BeforeValidator(_comparable)
]
"""What a metadata value is compared with."""


class Judge(Spec):
    """Base of all judges. A kind derives from `RuleJudge` or `AskingJudge`, which say how it rules."""

    runs_in: ClassVar[Literal["process", "engine"]]
    """A child process of a judge worker, or the engine of a model that is asked."""

    name: str | None = Field(default=None, pattern=r"^\w[\w .:/-]{0,63}$", max_length=64)
    """What metrics call it; its type where absent."""
    when: dict[Annotated[str, Field(max_length=bounds.NAME)], Condition] = Field(
        default_factory=dict, max_length=bounds.CONDITIONS
    )
    """Ask this judge only about prompts whose metadata hold these values, e.g. ``{harmful: false}``."""
    abstain: Literal["skip", "violated"] = "skip"
    """What its abstention makes of a response. skip: undecided, so it is counted and not trained on, unless another
    judge is violated. violated: it counts as a violation, with the reason."""
    canaries: Canaries | None = None
    """Responses with known verdicts that it is asked about, unawares, in training."""

    @property
    def label(self) -> str:
        return self.name or self.type  # type: ignore[attr-defined]

    @property
    def needs(self) -> str | None:
        """The metadata key without which it always abstains."""
        return None

    def applies(self, metadata: Mapping[str, Any]) -> bool:
        """Whether it is asked about a prompt: its metadata hold every value of ``when``, null included."""
        when = self.when
        return not when or all(key in metadata and metadata[key] == value for key, value in when.items())

    @property
    def applies_to(self) -> str:
        """What a prompt's metadata must have for it, in words."""
        return f"metadata that meet its `when`, {self.when}"

    @property
    def reads(self) -> str:
        """What of a prompt's row it always abstains without, in words."""
        return f"`metadata.{self.needs}`"

    def lacks(self, metadata: Mapping[str, Any], baseline: str | None) -> bool:
        """Whether a prompt's row is without that."""
        needs = self.needs
        return needs is not None and metadata.get(needs) is None

    def asks(self) -> tuple[Question, ...]:
        """What it has to ask of models."""
        return ()

    def check(self, *, whose: str) -> None:
        """Raises `SpecError` where it cannot work as the job has it. Takes longer than reading its settings may.
        ``whose``: how messages call it."""
        for question in self.asks():
            question.check(whose=whose)


def charging(judges: Iterable[Judge]) -> frozenset[str]:
    """Labels of those whose abstentions are charged to the response."""
    return frozenset(judge.label for judge in judges if judge.abstain == "violated")


def applying(judges: Iterable[Judge], metadata: Mapping[str, Any]) -> tuple[Judge, ...]:
    """Those of a task's judges that a prompt has, in the task's order. Decided here, once, for all who hear of it."""
    return tuple([judge for judge in judges if judge.applies(metadata)])
