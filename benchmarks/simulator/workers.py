"""Workers without models: what each is asked it answers, and says how long it would have taken."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from random import Random
from typing import Any

from benchmarks.simulator.lengths import quantile
from benchmarks.simulator.times import Times
from raylign.judges.annotator import Annotator
from raylign.judges.judge import Judge
from raylign.types import Completion, Example, Preference, Request, StepStats
from raylign.verdicts import Verdict

Answer = tuple[float, Any]
"""Seconds, and what is said then."""
MOST = 50_000
"""Token ids are below."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """Decodes all that it was asked for together."""

    times: Times

    def generate(self, requests: Sequence[Request], version: int | None) -> Iterator[Answer]:
        made = sorted(((self._length(one), at) for at, one in enumerate(requests)), reverse=True)
        passed, seconds, left = 0, 0.0, len(made)
        for length, ended in groupby(reversed(made), key=lambda one: one[0]):
            there = [at for _, at in ended]
            seconds += (length - passed) * (self.times.decode_s + left * self.times.decode_token_s)
            passed, left = length, left - len(there)
            yield seconds, [self._completion(requests[at], length, version) for at in sorted(there)]

    def update(self, version: int, *buckets: "Bucket", verify_all: bool, first: bool, last: bool) -> Answer:
        taken = sum(bucket.mib for bucket in buckets) * self.times.take_mib_s
        return taken + last * self.times.publish_s, {"tensors_checked": 1, "bytes": 1}

    def _length(self, request: Request) -> int:
        share = Random(request.seed).random()
        return quantile(share, mean=self.times.response_tokens, limit=request.max_tokens)

    def _completion(self, request: Request, length: int, version: int | None) -> Completion:
        drawn = Random(request.seed + 1)
        return Completion(
            prompt_id=request.prompt.id,
            index=request.index,
            text="word" * length,
            token_ids=tuple(drawn.choices(range(MOST), k=length)),
            logprobs=tuple(-drawn.random() for _ in range(length)),
            finish="length" if length == request.max_tokens else "stop",
            version=version,
        )


@dataclass(frozen=True, slots=True)
class Bucket:
    """Of weights."""

    mib: float


@dataclass(frozen=True, slots=True)
class Trainer:
    """One rank; all take as long as the fullest, whose share each is given to wait for."""

    times: Times
    rank: int

    def step(self, step: int, microbatches: Sequence[Sequence[Example]]) -> Answer:
        tokens = sum(len(one) for batch in microbatches for example in batch for one in example.sequences)
        stats = StepStats(loss=0.5, loss_by_task={}, grad_norm=1.0, learning_rate=1e-3)
        return self.times.step_s + tokens * self.times.step_token_s, stats

    def export(self, bucket_bytes: int) -> Iterator[Answer]:
        if self.rank:
            return
        left, seconds = self.times.policy_mib, 0.0
        while left > 0:
            bucket = Bucket(min(left, bucket_bytes / 2**20))
            left -= bucket.mib
            seconds += bucket.mib * self.times.export_mib_s
            yield seconds, bucket


@dataclass(frozen=True, slots=True)
class Reference:
    times: Times

    def score(self, pairs: Sequence[Any], barred: Sequence[int] = (), weights: str | None = None) -> Answer:
        tokens = sum(len(prompt) + len(response) for prompt, response in pairs)
        said = [tuple(-0.5 for _ in response) for _, response in pairs]
        return self.times.score_s + tokens * self.times.score_token_s, said


@dataclass(frozen=True, slots=True)
class Feedback:
    """Judges that are programs, models that are asked, and rewards: a row takes each of them as long."""

    times: Times

    def judge_all(self, asked: Sequence[tuple[Any, Sequence[Judge]]]) -> Answer:
        said = [tuple(self._verdict(judge, case.response) for judge in judges) for case, judges in asked]
        return len(asked) * self.times.judge_row_s, said

    def rate_all(self, rater: Any, cases: Sequence[Any]) -> Answer:
        return len(cases) * self.times.judge_row_s, [self._share(case.response) for case in cases]

    def reward_all(self, head: Any, groups: Sequence[tuple[Any, Sequence[str]]]) -> Answer:
        said = [[self._share(text, at) for at, text in enumerate(texts)] for _, texts in groups]
        return sum(map(len, said)) * self.times.judge_row_s, said

    def ask(self, question: Any, rows: Sequence[tuple[Any, ...]]) -> Answer:
        said: list[Any]
        if isinstance(question, Judge):
            said = [self._verdict(question, row[1]) for row in rows]
        elif isinstance(question, Annotator):
            said = [Preference(probability=self._share(*row[1:])) for row in rows]
        else:
            said = [self._share(row[1]) for row in rows]
        return len(rows) * self.times.judge_row_s, said

    def rate(self, rows: Sequence[tuple[Any, str]]) -> Answer:
        return len(rows) * self.times.judge_row_s, [self._share(text) for _, text in rows]

    def _verdict(self, judge: Judge, text: str) -> Verdict:
        return Verdict(judge=judge.label, satisfied=self._share(judge.label, text) < self.times.satisfied)

    def _share(self, *of: Any) -> float:
        """A number in [0, 1) that follows from these."""
        return Random(repr(of)).random()
