"""A judge model on vLLM that answers with one token: yes or no of a response, or which of two responses is better.

Nothing is sampled: the probabilities of two given tokens are compared (CGPO, section 6; OAIF, arXiv 2402.04792).
"""

import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal, TypeAlias

from actors.loading import load_config, load_tokenizer
from actors.sampling.vllm_engine import EngineSettings, VLLMEngine
from actors.text.reader import Reader
from raylign.errors import SpecError
from raylign.judges import llm
from raylign.judges.annotators import LLMAnnotator
from raylign.judges.reasons import THE_RESPONSE, TOO_LONG
from raylign.judges.ruling import Ruling, abstained, violated
from raylign.judges.templates import FAILURES, Show
from raylign.spec.judges import LLMJudge
from raylign.types import Preference, Prompt, Verdict

Writer: TypeAlias = Callable[[Show], str]
"""Makes a text with all that is foreign put through ``show``."""
Said: TypeAlias = tuple[float, ...] | str
"""Log-probabilities of the two answers, or why there are none."""


class LLMJudgeWorker:
    """One judge model. Synchronous: one call at a time. The same rows give the same answers.

    ``memory_gb``: KV cache in GiB, on CPU.
    """

    def __init__(self, *, model: str, device: Literal["cpu", "cuda"], threads: int, memory_gb: float) -> None:
        self.model = model
        self.tokenizer = load_tokenizer(model)
        config = load_config(model)
        self.engine = VLLMEngine(
            EngineSettings(
                model=model,
                dtype=str(config.dtype or "auto").removeprefix("torch."),
                device=device,
                threads=threads,
                memory_gb=memory_gb,
                logprobs="raw_logprobs",
            )
        )
        self._reader = Reader(self.tokenizer)

    def ready(self) -> dict[str, Any]:
        """What runs here, for people."""
        facts = {"pid": os.getpid(), "model": self.model, "context_tokens": self.engine.context_tokens}
        return {**facts, **self.engine.facts()}

    def judge(self, spec: LLMJudge, rows: Sequence[tuple[Prompt, str]]) -> list[Verdict]:
        """The verdict on each (prompt, response). Raises `SpecError` when an answer is not one token of this model."""
        begun = time.perf_counter()
        answers = (self._token(spec.positive, "positive"), self._token(spec.negative, "negative"))
        said = self._ask([partial(llm.question, spec, prompt, response) for prompt, response in rows], answers)
        rulings = [_decide(spec, one) for one in said]
        seconds = (time.perf_counter() - begun) / max(len(rows), 1)
        return [
            Verdict(judge=spec.label, satisfied=ruling.satisfied, reason=ruling.reason, seconds=seconds)
            for ruling in rulings
        ]

    def prefer(self, spec: LLMAnnotator, rows: Sequence[tuple[Prompt, str, str]]) -> list[Preference]:
        """The preference on each (prompt, first, second), asked in both orders.

        Raises `SpecError` when an answer is not one token of this model.
        """
        answers = (self._token(spec.first, "first"), self._token(spec.second, "second"))
        said = self._ask(
            [
                partial(llm.comparison, spec, prompt, one, other)
                for prompt, first, second in rows
                for one, other in ((first, second), (second, first))
            ],
            answers,
        )
        return [_prefer(spec, *said[at : at + 2]) for at in range(0, len(said), 2)]

    def _ask(self, writers: Sequence[Writer], answers: tuple[int, int]) -> list[Said]:
        """Log-probabilities of the two answers after each text; the reason for texts that are not read."""
        rows = [self._read(write) for write in writers]
        readable = [row for row in rows if not isinstance(row, str)]
        values = iter(self.engine.next_token_logprobs(readable, answers))
        return [row if isinstance(row, str) else next(values) for row in rows]

    def _read(self, write: Writer) -> list[int] | str:
        try:
            ids = self._reader.read(write, add_special_tokens=True)
        except FAILURES as error:
            return f"template: {type(error).__name__}"
        if ids is None:
            return "control token"
        return ids if len(ids) < self.engine.context_tokens else TOO_LONG

    def _token(self, answer: str, role: str) -> int:
        ids = self.tokenizer.encode(answer, add_special_tokens=False)
        if len(ids) != 1:
            raise SpecError(
                f"the judge's `{role}` answer {answer!r} is {len(ids)} tokens for {self.model!r} "
                f"({self.tokenizer.convert_ids_to_tokens(ids)!r}): choose one that is a single token"
            )
        return int(ids[0])


def _decide(spec: LLMJudge, said: Said) -> Ruling:
    if isinstance(said, str):
        return violated(said) if said in THE_RESPONSE else abstained(said)
    positive, negative = said
    return llm.decide(spec, positive, negative)


def _prefer(spec: LLMAnnotator, forward: Said, backward: Said) -> Preference:
    for said in (forward, backward):
        if isinstance(said, str):
            return Preference(probability=None, reason=said)
    assert not isinstance(forward, str)
    assert not isinstance(backward, str)
    (f_first, f_second), (b_first, b_second) = forward, backward
    return llm.prefer(spec, (f_first, f_second), (b_first, b_second))
