"""The LLM judge: a yes/no question, answered by the probabilities of two tokens (CGPO, section 6)."""

import math
from collections.abc import Sequence
from functools import partial
from typing import Literal

from pydantic import Field

from raylign import bounds
from raylign.judges.askers import Answers, Asker, Said, Show
from raylign.judges.questions.asking import AskingJudge
from raylign.judges.questions.templates import asked, check_template, fill
from raylign.types import Prompt
from raylign.verdicts import SATISFIED, Ruling, abstained, failed, violated

VARIABLES = frozenset({"prompt", "messages", "metadata", "response"})
"""What the template is given."""


class LLMJudge(AskingJudge):
    """A language model asked a yes/no question: it compares the probabilities of two tokens (CGPO, section 6).

    Violated iff P(negative) > P(positive). Nothing is sampled.
    """

    type: Literal["llm"] = "llm"
    model: bounds.Model
    """A directory, or a hub id."""
    template: bounds.Template
    """Jinja template of what the judge reads, over ``prompt`` (of several turns: all of them, as a transcript),
    ``messages`` (the turns, each with ``role`` and ``content``), ``response`` and ``metadata``. Leave ``prompt`` out to
    show the response alone."""
    positive: bounds.Answer
    """Token that means satisfied. Must be one token of the judge's vocabulary."""
    negative: bounds.Answer
    """Token that means violated. Must be one token."""
    min_mass: float = Field(default=0.2, ge=0, le=1)
    """Abstain when the two tokens together have less probability than this: the model did not answer."""
    max_response_chars: int = Field(default=20000, ge=1, le=bounds.CHARACTERS)
    """Longer responses are cut before they are shown."""

    @property
    def asker(self) -> Asker:
        return Asker(self.model)

    def check(self, *, whose: str) -> None:
        check_template(self.template, source=whose, variables=VARIABLES)

    def rule_all(self, model: Answers, rows: Sequence[tuple[Prompt, str]]) -> list[Ruling]:
        texts = [partial(self.text, prompt, response) for prompt, response in rows]
        said = model.next_token(texts, {"positive": self.positive, "negative": self.negative})
        return [self.read(one) for one in said]

    def text(self, prompt: Prompt, response: str, show: Show) -> str:
        """What it asks about one response. Raises one of `raylign.judges.questions.templates.FAILURES` (missing
        metadata)."""
        return fill(self.template, show, **asked(prompt), response=response[: self.max_response_chars])

    def read(self, said: Said) -> Ruling:
        """Violated iff P(negative) > P(positive); abstains when both together have less than ``min_mass``."""
        if isinstance(said, str):
            return failed(said)
        positive, negative = map(math.exp, said)
        # Written so that NaN abstains too.
        if not positive + negative >= self.min_mass:
            return abstained("no answer")
        if negative > positive:
            return violated(f"P({self.negative.strip()}) {negative:.2f} > P({self.positive.strip()}) {positive:.2f}")
        return SATISFIED
