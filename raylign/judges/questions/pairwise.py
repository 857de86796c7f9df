"""Which of two responses is better, asked in both orders (OAIF, arXiv 2402.04792). Nothing is sampled."""

import math
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from raylign import bounds
from raylign.judges.annotator import Annotator
from raylign.judges.askers import Answers, Asked, Asker, Question, Said
from raylign.judges.questions.phrasing import Phrasing, remark
from raylign.judges.questions.templates import asked
from raylign.types import Preference, Prompt

VARIABLES = frozenset({"prompt", "messages", "metadata", "first", "second"})
"""What the template is given."""
MAX_CHARS = 20_000
"""Longer responses are cut before they are shown."""


class LLMAnnotator(Annotator):
    """A language model asked which of two responses is better, in both orders; compares P("1") and P("2")."""

    type: Literal["llm"] = "llm"
    model: bounds.Model
    """A directory, or a hub id."""
    template: bounds.Template
    """Jinja template over ``prompt`` (of several turns: all of them), ``messages``, ``first``, ``second`` and
    ``metadata``. ``{{ first | quote }}`` puts ``> `` before each line."""
    system: bounds.Template | None = None
    """The same, of what a model with a chat template is told first."""
    chat: bool | None = None
    """Whether the question is put in the turns of the model's own chat template, where it has one; by default it is
    read as it stands."""
    first: bounds.Answer = "1"
    """Token that votes for the first response. Must be one token."""
    second: bounds.Answer = "2"
    """Token that votes for the second response. Must be one token."""
    min_mass: float = Field(default=0.2, ge=0, le=1)
    """Abstain when the two tokens together have less probability than this in either order."""

    @property
    def asker(self) -> Asker:
        return Asker(self.model)

    def asks(self) -> tuple[Question, ...]:
        return (self,)

    def check(self, *, whose: str) -> None:
        """Raises `SpecError` where the template is none, or uses what it is not given."""
        self._phrasing.check(whose=whose, variables=VARIABLES)

    def remark(self, *, templated: bool) -> str:
        """What is hardly meant; see `raylign.judges.askers.Question`."""
        return remark(self.chat, templated=templated)

    def ask(self, model: Answers, rows: Sequence[tuple[Prompt, str, str]]) -> list[Preference]:
        """The preference on each (prompt, first, second)."""
        texts = [
            self.put(prompt, one, other)
            for prompt, first, second in rows
            for one, other in ((first, second), (second, first))
        ]
        said = model.next_token(texts, {"first": self.first, "second": self.second})
        return [self.read(forward, backward) for forward, backward in zip(said[::2], said[1::2], strict=True)]

    def put(self, prompt: Prompt, first: str, second: str) -> Asked:
        """What it asks about two responses in this order."""
        values = {**asked(prompt), "first": first[:MAX_CHARS], "second": second[:MAX_CHARS]}
        return self._phrasing.put(values, chat=bool(self.chat))

    @property
    def _phrasing(self) -> Phrasing:
        return Phrasing(user=self.template, system=self.system)

    def read(self, forward: Said, backward: Said) -> Preference:
        """``p = 1/2 [ P(first | y1, y2) + 1 - P(first | y2, y1) ]``, P normalized over the two tokens.

        ``forward``, ``backward``: what was said with y1, and with y2, shown first. Abstains where it was not read, or
        the two tokens together have less than ``min_mass``, in either order.
        """
        if isinstance(forward, str):
            return Preference(probability=None, reason=forward)
        if isinstance(backward, str):
            return Preference(probability=None, reason=backward)
        chances = []
        for first, second in (map(math.exp, forward), map(math.exp, backward)):
            if not first + second >= self.min_mass or first + second == 0:
                return Preference(probability=None, reason="no answer")
            chances.append(first / (first + second))
        return Preference(probability=(chances[0] + 1 - chances[1]) / 2)
