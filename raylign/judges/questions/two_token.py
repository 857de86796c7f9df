"""The LLM judge: a yes/no question, answered by the probabilities of two tokens (CGPO, section 6)."""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from raylign import bounds
from raylign.judges.askers import Answers, AnyAsker, Asked, Asker, Said
from raylign.judges.questions import wording
from raylign.judges.questions.asking import AskingJudge
from raylign.judges.questions.phrasing import Phrasing, remark
from raylign.judges.questions.silence import says_nothing
from raylign.judges.questions.templates import asked
from raylign.judges.questions.wording import Wording
from raylign.types import Prompt
from raylign.verdicts import SATISFIED, Ruling, abstained, failed, violated

VARIABLES = frozenset({"prompt", "messages", "metadata", "response"})
"""What the template is given."""
Spellings = bounds.Answer | Annotated[tuple[bounds.Answer, ...], Field(min_length=1, max_length=bounds.SPELLINGS)]


class LLMJudge(AskingJudge):
    """A language model asked a yes/no question: it compares the probabilities of two tokens (CGPO, section 6).

    Violated iff P(negative) > P(positive). Nothing is sampled. The question is one that comes with the library
    (``question``), or the job's own (``template``, ``positive``, ``negative``).
    """

    type: Literal["llm"] = "llm"
    model: AnyAsker
    """Who is asked: a directory or a hub id, settings of its engines, ``{model: ..., replicas: 2}``, or
    ``{endpoint: NAME}``."""
    question: wording.Name | None = None
    """A question that comes with the library, by its name; see docs/judges.md."""
    template: bounds.Template | None = None
    """Jinja template of what the judge reads, over ``prompt`` (of several turns: all of them, as a transcript),
    ``messages`` (the turns, each with ``role`` and ``content``), ``response`` and ``metadata``. Leave ``prompt`` out to
    show the response alone. ``{{ response | quote }}`` puts ``> `` before each line."""
    system: bounds.Template | None = None
    """The same, of what a model with a chat template is told first."""
    chat: bool | None = None
    """Whether the question is put in the turns of the model's own chat template, where it has one. By default those of
    the library are, and a job's own is read as it stands."""
    positive: Spellings | None = None
    """Token that means satisfied. Must be one token of the judge's vocabulary; of several spellings those count that
    are."""
    negative: Spellings | None = None
    """Token that means violated, likewise."""
    min_mass: float = Field(default=0.2, ge=0, le=1)
    """Abstain when the two tokens together have less probability than this: the model did not answer."""
    max_response_chars: int = Field(default=20000, ge=1, le=bounds.CHARACTERS)
    """Longer responses are cut before they are shown."""

    @model_validator(mode="after")
    def _one_question(self) -> Self:
        own = {"template": self.template, "positive": self.positive, "negative": self.negative}
        if self.question is not None:
            for key, value in {**own, "system": self.system}.items():
                if value is not None:
                    raise ValueError(f"`question: {self.question}` words its question itself: leave out `{key}`")
            return self
        for key, value in own.items():
            if value is None:
                known = ", ".join(wording.NAMES)
                raise ValueError(f"a judge of type 'llm' needs `{key}`, or `question` with one of: {known}")
        return self

    @property
    def wording(self) -> Wording:
        """What it asks."""
        if self.question is not None:
            return wording.shipped(self.question)
        assert self.template is not None  # all by `_one_question`
        assert self.positive is not None
        assert self.negative is not None
        phrasing = Phrasing(user=self.template, system=self.system)
        return Wording(phrasing=phrasing, positive=self.positive, negative=self.negative)

    @property
    def asker(self) -> Asker:
        return self.model

    def applies(self, metadata: Mapping[str, Any]) -> bool:
        needs = self.wording.needs
        return super().applies(metadata) and (needs is None or metadata.get(needs) is not None)

    @property
    def applies_to(self) -> str:
        needs = self.wording.needs
        return super().applies_to if needs is None else f"`metadata.{needs}`, and {super().applies_to}"

    def check(self, *, whose: str) -> None:
        self.wording.phrasing.check(whose=whose, variables=VARIABLES)

    def remark(self, *, templated: bool) -> str:
        return "" if self.question else remark(self.chat, templated=templated)

    def rule_all(self, model: Answers, rows: Sequence[tuple[Prompt, str]]) -> list[Ruling]:
        known = [self._silent(response) for _, response in rows]
        texts = [self.put(*row) for row, ruling in zip(rows, known, strict=True) if ruling is None]
        answers = {"positive": self.wording.positive, "negative": self.wording.negative}
        said = iter(model.next_token(texts, answers) if texts else [])
        return [ruling or self.read(next(said)) for ruling in known]

    def put(self, prompt: Prompt, response: str) -> Asked:
        """What it asks about one response."""
        chat = self.chat if self.chat is not None else self.question is not None
        return self.wording.phrasing.put({**asked(prompt), "response": response[: self.max_response_chars]}, chat=chat)

    def read(self, said: Said) -> Ruling:
        """Violated iff P(negative) > P(positive); abstains when both together have less than ``min_mass``."""
        if isinstance(said, str):
            return failed(said)
        positive, negative = map(math.exp, said)
        # Written so that NaN abstains too.
        if not positive + negative >= self.min_mass:
            return abstained("no answer")
        if negative > positive:
            no, yes = (_word(answer) for answer in (self.wording.negative, self.wording.positive))
            return violated(f"P({no}) {negative:.2f} > P({yes}) {positive:.2f}")
        return SATISFIED

    def _silent(self, response: str) -> Ruling | None:
        """The ruling on a response that says nothing, where the question has one of its own."""
        silence = self.wording.silence
        if silence is None or not says_nothing(response):
            return None
        return SATISFIED if silence == "satisfied" else violated("says nothing")


def _word(spelled: str | tuple[str, ...]) -> str:
    return (spelled if isinstance(spelled, str) else spelled[0]).strip()
