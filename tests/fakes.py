"""In-process workers for the loop: they answer at once, by rules a test can read, and record who was called when."""

import asyncio
import hashlib
import json
from array import array
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from actors.training.elsewhere import Elsewhere
from raylign.judges.judge import Judge
from raylign.record.carry import here, uploaded
from raylign.record.checkpoint_files import CheckpointFiles
from raylign.record.manifest import damage, read_manifest
from raylign.record.place import look
from raylign.remote import Place, Remote
from raylign.rewards.raters import Answered, Head, Value
from raylign.rewards.reward import AskedPart
from raylign.types import Completion, Example, Key, Preference, Prompt, Request, StepStats
from raylign.types import Sequence as TokenSequence
from raylign.verdicts import Verdict
from raylign.workers import Fleet, PublishReport, Reading, Roles, Sight, WrittenFile


def make_prompt(task: str = "math", number: int = 0, **metadata: object) -> Prompt:
    return Prompt(
        task=task,
        id=f"{task}/{number}",
        text=f"question {number}",
        question=f"question {number}",
        messages=({"role": "user", "content": f"question {number}"},),
        token_ids=(1, 2, number % 50 + 3),
        metadata=metadata,
    )


def make_completion(
    prompt: Prompt,
    index: int | None = 0,
    *,
    tokens: int = 3,
    logprob: float | None = -1.0,
    version: int | None = 0,
    text: str = "",
) -> Completion:
    """``logprob``: of each token; None where nobody sampled it."""
    return Completion(
        prompt_id=prompt.id,
        index=index,
        text=text or f"answer {index}",
        token_ids=tuple(range(10, 10 + tokens)),
        logprobs=() if logprob is None else (logprob,) * tokens,
        finish="stop",
        version=version,
    )


class FakeRollouts:
    """Tokens are a hash of the request's seed. ``shuffle`` changes the order of arrival and nothing else."""

    def __init__(self, calls: list[str], *, shuffle: int = 0) -> None:
        self.calls = calls
        self.shuffle = shuffle
        self.version = 0
        self.asked: list[list[Request]] = []

    async def generate(self, requests: Sequence[Request]) -> AsyncIterator[list[Completion]]:
        self.calls.append("generate")
        self.asked.append(list(requests))
        order = sorted(requests, key=lambda request: _digest(self.shuffle, request.seed)) if self.shuffle else requests
        version = self.version
        for start in range(0, len(order), 5):
            await asyncio.sleep(0)
            yield [self._complete(request, version) for request in order[start : start + 5]]
        self.calls.append("generated")

    def _complete(self, request: Request, version: int) -> Completion:
        digest = hashlib.sha256(str(request.seed).encode()).digest()
        length = digest[0] % 4 + 1
        return Completion(
            prompt_id=request.prompt.id,
            index=request.index,
            text=digest.hex()[:length],
            token_ids=tuple(digest[1 : 1 + length]),
            logprobs=tuple(-byte / 100 for byte in digest[1 : 1 + length]),
            finish="stop",
            version=version,
        )


class FakeJudges:
    """Satisfied when the first token is even; the reward is the last token over 100; prefers the longer response."""

    def __init__(self, calls: list[str], verdict: Callable[[Completion], bool | None] | None = None) -> None:
        self.calls = calls
        self.verdict = verdict or (lambda completion: completion.token_ids[0] % 2 == 0)

    async def judge(self, asked: Sequence[tuple[Prompt, Completion, Sequence[Judge]]]) -> list[tuple[Verdict, ...]]:
        self.calls.append("judge")
        await asyncio.sleep(0)
        return [
            tuple(Verdict(judge=judge.label, satisfied=self.verdict(completion)) for judge in judges)
            for _, completion, judges in asked
        ]

    async def reward(self, part: AskedPart, groups: Sequence[Answered]) -> list[list[Value]]:
        await asyncio.sleep(0)
        return [[completion.token_ids[-1] / 100 for completion in completions] for _, completions in groups]

    async def reading(self, head: Head, shapes: Sequence[Roles]) -> Reading:
        return Reading(context=1 << 20, refusals={})

    async def prefer(self, pairs: Sequence[tuple[Prompt, Completion, Completion]]) -> list[Preference]:
        return [
            Preference(probability=float(len(first.token_ids) >= len(second.token_ids))) for _, first, second in pairs
        ]


class FakeReference:
    """Log-probs a little below the sampler's; moved to what ``trainer`` holds, it has others."""

    def __init__(self, calls: list[str], trainer: "FakeTrainer | None" = None) -> None:
        self.calls = calls
        self.trainer = trainer
        self.held: Place | None = None
        self.scored: list[Key] = []

    def hold(self, directory: Place | None) -> None:
        self.held = directory

    async def follow(self, share: float, directory: Place) -> None:
        self.calls.append("follow")
        assert self.trainer is not None
        with nullcontext(directory) if isinstance(directory, Path) else uploaded(directory) as local:
            _write(local / "state", [self._state(), share, self.trainer.state])
        self.hold(directory)

    def _state(self) -> str:
        if self.held is None:
            return "start"
        with here(self.held) as held:
            return _digest((held / "state").read_text())

    async def score(self, pairs: Sequence[tuple[Prompt, Completion]]) -> list[tuple[float, ...]]:
        self.calls.append("score")
        self.scored += [completion.key for _, completion in pairs]
        moved = int(self._state()[:4], 16) / 2**16 if self.held else 0.0
        return [tuple(-token / 90 - moved for token in completion.token_ids) for _, completion in pairs]

    async def embed(self, pairs: Sequence[tuple[Prompt, Completion]]) -> list["array[float]"]:
        self.calls.append("embed")
        tokens = [completion.token_ids for _, completion in pairs]
        return [array("f", (len(one), sum(one) / 100, max(one) / 10)) for one in tokens]


class FakeTrainer:
    """Its weights are a hash of everything it was trained on, in order.

    ``nodes``: for each rank, the root of the file system that it sees; None is the one that the tests see.
    """

    def __init__(self, calls: list[str], *, nodes: Sequence[Path | None] = (None,)) -> None:
        self.calls = calls
        self.nodes = nodes
        self.state = "start"
        self.elsewhere = [Elsewhere(rank, len(nodes)) for rank in range(len(nodes))]
        self.batches: list[list[Example]] = []
        self.scored: list[list[str]] = []

    async def score(self, sequences: Sequence[TokenSequence]) -> list[tuple[float, ...]]:
        """Every token a hundredth of its id below 0."""
        self.calls.append("score held out")
        self.scored.append(["".join(map(chr, one.response_ids)) for one in sequences])
        return [tuple(-token / 100 for token in one.response_ids) for one in sequences]

    async def step(self, step: int, microbatches: Sequence[Sequence[Sequence[Example]]]) -> StepStats:
        self.calls.append("step")
        await asyncio.sleep(0)
        examples = [example for rank in microbatches for microbatch in rank for example in microbatch]
        self.batches.append(examples)
        self.state = _digest(self.state, step, sorted(map(repr, examples)))
        tasks = sorted({example.task for example in examples})
        return StepStats(
            loss=0.5,
            loss_by_task={},
            metrics_by_task={task: {"margin": 0.25} for task in tasks},
            grad_norm=1.0,
            grad_norm_by_task=dict.fromkeys(tasks, 0.75) if step == 0 else {},
            task_norms_s=1e-6 if step == 0 else 0.0,
            learning_rate=1e-3,
        )

    async def look(self, directory: Place) -> list[Sight]:
        seen = [directory] * len(self.nodes) if isinstance(directory, Remote) else self._seen(directory)
        return [look(one, rank) for rank, one in enumerate(seen)]

    async def save(self, directory: Place) -> list[list[WrittenFile]]:
        self.calls.append("save")
        if isinstance(directory, Remote):
            return [one.save(directory, partial(self._save, rank)) for rank, one in enumerate(self.elsewhere)]
        return [self._save(rank, root) for rank, root in enumerate(self._seen(directory))]

    def _save(self, rank: int, root: Path) -> list[WrittenFile]:
        files = CheckpointFiles(root)
        if rank == 0:
            _write(root / "policy" / "config.json", {"state": self.state})
            _write(root / "policy" / "model.safetensors", self.state)
            _write(root / "policy" / "tokenizer_config.json", {})
            files.adopt(root / "policy")
        _write(root / "trainer" / f"state-{rank}.json", self.state)
        files.adopt(root / "trainer", f"state-{rank}.json")
        return files.written

    async def verify(self, directory: Place) -> list[str]:
        self.calls.append("verify")
        if isinstance(directory, Remote):
            return [problem for one in self.elsewhere for problem in one.fetch(directory)]
        ranks = read_manifest(directory).ranks
        return [problem for rank, root in enumerate(self._seen(directory)) for problem in damage(root, ranks[rank])]

    async def load(self, directory: Place) -> None:
        self.calls.append("load")
        if isinstance(directory, Remote):
            self.elsewhere[0].load(directory, self._read)
            for one in self.elsewhere[1:]:
                one.load(directory, lambda root: None)
        else:
            self._read(directory)

    def _read(self, directory: Path) -> None:
        self.state = json.loads((directory / "trainer" / "state-0.json").read_text())

    def _seen(self, directory: Path) -> list[Path]:
        """By rank, what is at that path on its node."""
        return [directory if node is None else node / directory.relative_to("/") for node in self.nodes]


class FakeWeights:
    def __init__(self, calls: list[str], rollouts: FakeRollouts) -> None:
        self.calls = calls
        self.rollouts = rollouts

    async def publish(self, version: int, *, verify_all: bool = False) -> PublishReport:
        self.calls.append("publish")
        self.rollouts.version = version
        return PublishReport(version=version, workers=1, tensors_checked=1, bytes_sent=1, seconds=0.0)


class FakeFleet:
    """A `Fleet` of the above; ``calls`` holds what was called, in order."""

    def __init__(self, *, shuffle: int = 0, verdict: Callable[[Completion], bool | None] | None = None) -> None:
        self.calls: list[str] = []
        self.rollouts = FakeRollouts(self.calls, shuffle=shuffle)
        self.judges = FakeJudges(self.calls, verdict)
        self.trainer = FakeTrainer(self.calls)
        self.reference = FakeReference(self.calls, self.trainer)
        self.weights = FakeWeights(self.calls, self.rollouts)

    @property
    def workers(self) -> Fleet:
        return Fleet(
            rollouts=self.rollouts,
            judges=self.judges,
            reference=self.reference,
            trainer=self.trainer,
            weights=self.weights,
        )


def _write(path: Path, document: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()
