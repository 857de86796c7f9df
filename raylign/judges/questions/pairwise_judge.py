"""The pairwise judge: a response must be at least as good as its prompt's baseline, by a model asked in both orders."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from raylign import bounds
from raylign.judges.askers import Answers, AnyAsker, Asker
from raylign.judges.questions.asking import AskingJudge
from raylign.judges.questions.comparison import Comparison
from raylign.judges.questions.phrasing import Phrasing
from raylign.judges.questions.silence import says_nothing
from raylign.types import Preference, Prompt
from raylign.verdicts import SATISFIED, Ruling, abstained, failed, violated

ROUNDING = 1e-9
"""Of the mean of two orders that cancel."""


class PairwiseJudge(AskingJudge):
    """A language model asked whether the response or the prompt's ``baseline`` is better, in both orders.

    Violated where the response's chance to be the better one, averaged over the orders, is below ``threshold``.
    Nothing is sampled.
    """

    type: Literal["pairwise"] = "pairwise"
    model: AnyAsker
    """Who is asked: a directory or a hub id, settings of its engines, ``{model: ..., replicas: 2}``, or
    ``{endpoint: NAME}``."""
    threshold: float = Field(default=0.5, gt=0, lt=1)
    """The least chance that satisfies; 0.5: as good as the baseline."""
    template: bounds.Template | None = None
    """Jinja template over ``prompt``, ``messages``, ``first``, ``second`` and ``metadata`` that asks for 1 or 2; the
    library's question where absent. ``{{ first | quote }}`` puts ``> `` before each line."""
    chat: bool = True
    """Whether the question is put in the turns of the model's own chat template, where it has one."""
    min_mass: float = Field(default=0.2, ge=0, le=1)
    """Abstain when the two answers together have less probability than this in either order."""

    @property
    def comparison(self) -> Comparison:
        """What it asks."""
        if self.template is None:
            return Comparison(chat=self.chat, min_mass=self.min_mass)
        return Comparison(phrasing=Phrasing(user=self.template), chat=self.chat, min_mass=self.min_mass)

    @property
    def asker(self) -> Asker:
        return self.model

    @property
    def reads(self) -> str:
        return "`baseline`"

    def lacks(self, metadata: Mapping[str, Any], baseline: str | None) -> bool:
        return not baseline

    def check(self, *, whose: str) -> None:
        self.comparison.check(whose=whose)

    def rule_all(self, model: Answers, rows: Sequence[tuple[Prompt, str]]) -> list[Ruling]:
        known = [self._known(prompt.baseline, response) for prompt, response in rows]
        pairs = [
            (prompt, response, prompt.baseline)
            for (prompt, response), ruling in zip(rows, known, strict=True)
            if ruling is None and prompt.baseline
        ]
        said = iter(self.comparison.prefer(model, pairs))
        return [ruling or self.read(next(said)) for ruling in known]

    def read(self, preference: Preference) -> Ruling:
        """Violated iff the response's chance is below the threshold; abstains where there is none."""
        if preference.probability is None:
            return failed(preference.reason)
        if preference.probability < self.threshold - ROUNDING:
            return violated(f"better than the baseline with {preference.probability:.2f} < {self.threshold:g}")
        return SATISFIED

    def _known(self, baseline: str | None, response: str) -> Ruling | None:
        """The ruling where nobody has to be asked."""
        if not baseline:
            return abstained("no baseline")
        if response == baseline:
            return self.read(Preference(probability=0.5))
        return violated("says nothing") if says_nothing(response) else None
