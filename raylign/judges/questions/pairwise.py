"""The annotator that asks a model which of two responses is better (OAIF, arXiv 2402.04792)."""

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import Field, model_validator

from raylign import bounds
from raylign.judges.annotator import Annotator
from raylign.judges.askers import Answers, AnyAsker, Asker, Question
from raylign.judges.questions.comparison import Comparison
from raylign.judges.questions.phrasing import Phrasing, remark
from raylign.types import Preference, Prompt


class LLMAnnotator(Annotator):
    """A language model asked which of two responses is better, in both orders; compares P("1") and P("2").

    The question is the library's, or the job's own (``template``).
    """

    type: Literal["llm"] = "llm"
    model: AnyAsker
    """Who is asked: a directory or a hub id, settings of its engines, ``{model: ..., replicas: 2}``, or
    ``{endpoint: NAME}``."""
    template: bounds.Template | None = None
    """Jinja template over ``prompt`` (of several turns: all of them), ``messages``, ``first``, ``second`` and
    ``metadata``; the library's question where absent. ``{{ first | quote }}`` puts ``> `` before each line."""
    system: bounds.Template | None = None
    """The same, of what a model with a chat template is told first."""
    chat: bool | None = None
    """Whether the question is put in the turns of the model's own chat template, where it has one. By default the
    library's is, and a job's own is read as it stands."""
    first: bounds.Answer = "1"
    """Token that votes for the first response. Must be one token."""
    second: bounds.Answer = "2"
    """Token that votes for the second response. Must be one token."""
    min_mass: float = Field(default=0.2, ge=0, le=1)
    """Abstain when the two tokens together have less probability than this in either order."""

    @model_validator(mode="after")
    def _one_question(self) -> Self:
        told = sorted(self.model_fields_set & {"system", "first", "second"})
        if self.template is None and told:
            raise ValueError(f"the library's question words itself: leave out `{told[0]}`, or give a `template`")
        return self

    @property
    def comparison(self) -> Comparison:
        """What it asks."""
        if self.template is None:
            return Comparison(chat=self.chat is not False, min_mass=self.min_mass)
        return Comparison(
            phrasing=Phrasing(user=self.template, system=self.system),
            first=self.first,
            second=self.second,
            chat=bool(self.chat),
            min_mass=self.min_mass,
        )

    @property
    def asker(self) -> Asker:
        return self.model

    def asks(self) -> tuple[Question, ...]:
        return (self,)

    def check(self, *, whose: str) -> None:
        self.comparison.check(whose=whose)

    def remark(self, *, templated: bool) -> str:
        return "" if self.template is None else remark(self.chat, templated=templated)

    def ask(self, model: Answers, rows: Sequence[tuple[Prompt, str, str]]) -> list[Preference]:
        """The preference on each (prompt, first, second)."""
        return self.comparison.prefer(model, rows)
