"""What a method is: its settings as a job names them, what it needs of a task, and how feedback becomes loss terms."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from raylign.acquisition.acquisition import Asking
from raylign.judges.annotator import Annotator
from raylign.judges.askers import Question
from raylign.judges.judge import Judge
from raylign.methods.selection import Chosen, Scores, Selection, Term
from raylign.objective import Objective
from raylign.settings import Spec
from raylign.types import Group


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a task must give its method."""

    reference: bool = True
    """The reference's log-probs of what it selects. Where no method of a job asks for them it has no such actor."""
    present: bool = False
    """The log-probs that the weights about to be trained give what it selects: one more reading of it in every step."""
    reward: bool = False
    """A reward model: every response's raw reward."""
    baseline: bool = False
    """``a_bar`` of every prompt, with its reward."""
    judged_baseline: bool = False
    """And the judges' word on it."""
    sampled_baseline: bool = False
    """And it is to be the reference's own, not the data's."""
    compares: Literal["all", "several", "two"] | None = None
    """How many of a prompt's responses it holds against each other; all: every one that is usable, in one term."""
    pool: int = 0
    """Samples of the reference, with their rewards, for every prompt."""
    every_verdict: bool = False
    """The word of each of the prompt's judges, whatever the others said."""
    annotator: Annotator | None = None
    """Whom it asks which of a prompt's two responses is better."""
    asking: Asking | None = None
    """Which of a step's pairs the annotator is asked about; all where absent."""


class Method(Spec):
    """One way from feedback to a gradient. Frozen settings; their defaults are vetted. No tensors here.

    It works in two halves around the reference model: `select` names what is to be scored, `weigh` finishes the choice.
    """

    type: str

    @property
    def needs(self) -> Needs:
        """What these settings ask of their task."""
        return Needs()

    @property
    @abstractmethod
    def objective(self) -> Objective:
        """The loss that its terms descend."""

    @property
    def kl_limit(self) -> float | None:
        """Nats per response from the reference that it tolerates, where it has such a limit."""
        return None

    def ailing(self, measured: Mapping[str, float]) -> str:
        """What is wrong by what its loss measured in a step, as a sentence's end; empty where nothing is."""
        return ""

    def asks(self) -> tuple[Question, ...]:
        """What it has to ask of models."""
        annotator = self.needs.annotator
        return annotator.asks() if annotator else ()

    def fits(self, judges: Sequence[Judge]) -> None:
        """Raises `ValueError` where a task with these judges gives it nothing to go by."""

    @abstractmethod
    def select(self, groups: Sequence[Group]) -> Selection:
        """The completions of one task's batch that take part in the step, and why the others are skipped."""

    @abstractmethod
    def weigh(self, selection: Selection, scores: Scores) -> Chosen:
        """The task's loss terms. ``scores`` holds the reference's log-probs of all that `select` chose, where
        it needs them.

        What a method knows of the steps before, it has from ``selection.memory`` and hands on in `Chosen.memory`:
        itself it is frozen settings."""

    def examine(self, selection: Selection, policy: Scores, reference: Scores) -> dict[str, float]:
        """What chosen responses that nobody trained on tell of the policy, by name; nothing where it has no such
        measure. ``policy``: the log-probs of its tokens; ``reference``: the reference's, where it needs them."""
        return {}

    def moves(self, term: Term) -> bool:
        """Whether the term has a gradient: constants of 0 take it away, where nothing stands beside them."""
        return any(term.credit) if term.credit else term.coefficient != 0
