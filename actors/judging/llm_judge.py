"""A model on vLLM that judges and annotators ask: it answers with probabilities of tokens, or with what it writes."""

import math
import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from actors.sampling.vllm_engine import EngineSettings, VLLMEngine
from actors.text.chat import Chat
from actors.tokenizers import load_config, load_tokenizer
from raylign.errors import SpecError
from raylign.judges.askers import Asked, Question, Said, Spelled, Written
from raylign.judges.heard import Heard
from raylign.verdicts import TOO_LONG


class LLMJudgeWorker:
    """One judge model. Synchronous: one call at a time. The same rows give the same answers, and are asked once.

    ``dtype``: of its weights; "auto": as its files are. ``memory_gb``: KV cache in GiB, on CPU.
    """

    def __init__(
        self,
        *,
        model: str,
        device: Literal["cpu", "cuda"],
        threads: int,
        memory_gb: float,
        dtype: str = "auto",
        tensor_parallel: int = 1,
    ) -> None:
        self.model = model
        self.tokenizer = load_tokenizer(model)
        if dtype == "auto":
            dtype = str(load_config(model).dtype or "auto").removeprefix("torch.")
        self.engine = VLLMEngine(
            EngineSettings(
                model=model,
                dtype=dtype,
                tensor_parallel=tensor_parallel,
                device=device,
                threads=threads,
                memory_gb=memory_gb,
                logprobs="raw_logprobs",
            )
        )
        self._chat = Chat(self.tokenizer)
        self._said: Heard[tuple[float, ...]] = Heard()
        self._written: Heard[Written] = Heard()

    def ready(self) -> dict[str, Any]:
        """What runs here, for people."""
        facts = {"pid": os.getpid(), "model": self.model, "context_tokens": self.engine.context_tokens}
        return {**facts, **self.engine.facts()}

    def ask(self, question: Question, rows: Sequence[Any]) -> list[Any]:
        """The question's answer to each row. Raises `SpecError` when an answer is not one token of this model."""
        return question.ask(self, rows)

    def next_token(self, asked: Sequence[Asked], answers: Mapping[str, Spelled]) -> list[Said]:
        """Log-probability of each answer after each of ``asked`` (`raylign.judges.askers.Answers`)."""
        spellings = [self._tokens(answer, role) for role, answer in answers.items()]
        candidates = list(dict.fromkeys(token for tokens in spellings for token in tokens))
        rows = [self._read(one) for one in asked]
        readable = [row for row in rows if not isinstance(row, str)]

        def put(positions: Sequence[int]) -> list[tuple[float, ...]]:
            return self.engine.next_token_logprobs([readable[at] for at in positions], candidates)

        values = iter(self._said.ask([(candidates, row) for row in readable], put))

        def said() -> Said:
            of = dict(zip(candidates, next(values), strict=True))
            return tuple(_together([of[token] for token in tokens]) for tokens in spellings)

        return [row if isinstance(row, str) else said() for row in rows]

    def write(self, asked: Sequence[Asked], *, max_tokens: int) -> list[Written | str]:
        """What it writes after each of ``asked`` (`raylign.judges.askers.Answers`)."""
        rows = [self._read(one, room=max_tokens) for one in asked]
        readable = [row for row in rows if not isinstance(row, str)]

        def put(positions: Sequence[int]) -> list[Written]:
            made = self.engine.write([readable[at] for at in positions], max_tokens)
            return [
                Written(text=self.tokenizer.decode(token_ids, skip_special_tokens=True), ended=ended)
                for token_ids, ended in made
            ]

        values = iter(self._written.ask([(max_tokens, row) for row in readable], put))
        return [row if isinstance(row, str) else next(values) for row in rows]

    def _read(self, asked: Asked, *, room: int = 1) -> list[int] | str:
        ids = self._chat.read(asked)
        return ids if isinstance(ids, str) or len(ids) + room <= self.engine.context_tokens else TOO_LONG

    def _tokens(self, answer: Spelled, role: str) -> list[int]:
        """Of the spellings those that are one token; they must be of one at least."""
        spellings = (answer,) if isinstance(answer, str) else answer
        read = [self.tokenizer.encode(spelling, add_special_tokens=False) for spelling in spellings]
        if tokens := list(dict.fromkeys(int(ids[0]) for ids in read if len(ids) == 1)):
            return tokens
        raise SpecError(
            f"the judge's `{role}` answer {answer!r} is {len(read[0])} tokens for {self.model!r} "
            f"({self.tokenizer.convert_ids_to_tokens(read[0])!r}): choose one that is a single token"
        )


def _together(logprobs: Sequence[float]) -> float:
    """Log-probability of any one of several tokens."""
    if len(logprobs) == 1:
        return logprobs[0]
    most = max(logprobs)
    return most if math.isinf(most) else most + math.log(math.fsum(math.exp(one - most) for one in logprobs))
