"""A model on vLLM that judges and annotators ask: it answers with probabilities of tokens, and nothing is sampled."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from actors.loading import load_config, load_tokenizer
from actors.sampling.vllm_engine import EngineSettings, VLLMEngine
from actors.text.reader import Reader
from raylign.errors import SpecError
from raylign.judges.askers import Question, Said, Writer
from raylign.judges.questions.templates import FAILURES
from raylign.verdicts import TOO_LONG


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

    def ask(self, question: Question, rows: Sequence[Any]) -> list[Any]:
        """The question's answer to each row. Raises `SpecError` when an answer is not one token of this model."""
        return question.ask(self, rows)

    def next_token(self, texts: Sequence[Writer], answers: Mapping[str, str]) -> list[Said]:
        """Log-probability of each answer after each text (`raylign.judges.askers.Answers`)."""
        candidates = [self._token(answer, role) for role, answer in answers.items()]
        rows = [self._read(write) for write in texts]
        readable = [row for row in rows if not isinstance(row, str)]
        values = iter(self.engine.next_token_logprobs(readable, candidates))
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
