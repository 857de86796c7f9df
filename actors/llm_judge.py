"""A judge model on vLLM that answers with one token: yes or no of a response, or which of two responses is better.

Nothing is sampled: the probabilities of two given tokens are compared (CGPO, section 6; OAIF, arXiv 2402.04792).
"""

import os
import time
from collections.abc import Sequence
from typing import Any, Literal

from actors.models import load_config, load_tokenizer
from actors.vllm_engine import EngineSettings, VLLMEngine
from raylign.errors import SpecError
from raylign.judges import llm
from raylign.judges.reasons import TOO_LONG
from raylign.judges.ruling import Ruling, violated
from raylign.spec.judges import LLMJudge
from raylign.spec.methods import LLMAnnotator
from raylign.types import Preference, Prompt, Verdict


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
        self._special = [str(token) for token in self.tokenizer.added_tokens_decoder.values() if token.special]

    def ready(self) -> dict[str, Any]:
        """What runs here, for people."""
        facts = {"pid": os.getpid(), "model": self.model, "context_tokens": self.engine.context_tokens}
        return {**facts, **self.engine.facts()}

    def judge(self, spec: LLMJudge, rows: Sequence[tuple[Prompt, str]]) -> list[Verdict]:
        """The verdict on each (prompt, response). Raises `SpecError` when an answer is not one token of this model."""
        begun = time.perf_counter()
        answers = (self._token(spec.positive, "positive"), self._token(spec.negative, "negative"))
        asked: list[str | Ruling] = [
            llm.question(
                spec,
                prompt=prompt.question,
                response=response,
                metadata=prompt.metadata,
                special_tokens=self._special,
            )
            for prompt, response in rows
        ]
        said = iter(self._ask([text for text in asked if isinstance(text, str)], answers))
        rulings = [question if isinstance(question, Ruling) else _decide(spec, next(said)) for question in asked]
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
        asked: list[str | Preference] = [
            llm.comparison(
                spec,
                prompt=prompt.question,
                first=first,
                second=second,
                metadata=prompt.metadata,
                special_tokens=self._special,
            )
            for prompt, *responses in rows
            for first, second in (responses, reversed(responses))
        ]
        said = iter(self._ask([text for text in asked if isinstance(text, str)], answers))
        spoken = [text if isinstance(text, Preference) else next(said) for text in asked]
        return [_prefer(spec, *spoken[at : at + 2]) for at in range(0, len(spoken), 2)]

    def _ask(self, texts: Sequence[str], answers: tuple[int, int]) -> list[tuple[float, float] | None]:
        """Log-probabilities of the two answers after each text; None for texts that exceed the context."""
        rows = [self._encode(text) for text in texts]
        fitting = [at for at, row in enumerate(rows) if len(row) < self.engine.context_tokens]
        said = self.engine.next_token_logprobs([rows[at] for at in fitting], answers)
        found: list[tuple[float, float] | None] = [None] * len(rows)
        for at, (first, second) in zip(fitting, said, strict=True):
            found[at] = (first, second)
        return found

    def _encode(self, text: str) -> list[int]:
        """A template may spell the beginning-of-text token itself; it is not put twice."""
        begins = self.tokenizer.bos_token is not None and text.startswith(self.tokenizer.bos_token)
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=not begins)
        return ids

    def _token(self, answer: str, role: str) -> int:
        ids = self.tokenizer.encode(answer, add_special_tokens=False)
        if len(ids) != 1:
            raise SpecError(
                f"the judge's `{role}` answer {answer!r} is {len(ids)} tokens for {self.model!r} "
                f"({self.tokenizer.convert_ids_to_tokens(ids)!r}): choose one that is a single token"
            )
        return int(ids[0])


def _decide(spec: LLMJudge, said: tuple[float, float] | None) -> Ruling:
    return violated(TOO_LONG) if said is None else llm.decide(spec, *said)


def _prefer(
    spec: LLMAnnotator,
    forward: tuple[float, float] | Preference | None,
    backward: tuple[float, float] | Preference | None,
) -> Preference:
    for said in (forward, backward):
        if isinstance(said, Preference):
            return said
    if not isinstance(forward, tuple) or not isinstance(backward, tuple):
        return Preference(probability=None, reason="too long")
    return llm.prefer(spec, forward, backward)
