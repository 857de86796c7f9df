"""A rollout worker: an engine, the version of the weights it holds, and the rule that only proven weights serve."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from actors.sampling.engine import Engine, Sampled
from actors.sampling.stops import cut
from actors.weights.gpu_transfer import Carrier, Step
from actors.weights.weight_update import WeightUpdate
from raylign.errors import PublishFailed, RunError, SpecError
from raylign.spec.parts import RolloutSettings
from raylign.types import Completion, Request

SAMPLE = 8
"""Of every so many tensors one is compared by value after an update; which one moves on with the version."""


class RolloutWorker:
    """Samples completions from one engine. Synchronous: one call at a time.

    ``model``: the policy, whose configuration, tokenizer and stop tokens are served. ``weights``: the model whose
    weights it starts on, the version None; the policy's own where absent. Other versions need an update first.
    """

    def __init__(
        self,
        *,
        model: str,
        dtype: Literal["float32", "bfloat16"],
        rollout: RolloutSettings,
        device: Literal["cpu", "cuda"],
        threads: int,
        weights: str | None = None,
        carrier: Carrier = "object_store",
    ) -> None:
        self.model = model
        self.engine = _start(
            model=model, weights=weights, dtype=dtype, rollout=rollout, device=device, threads=threads, carrier=carrier
        )
        self.version: int | None = None
        """Of the weights that were last proven."""
        self._proven = True
        """False once an update has failed: the weights are then unknown, and nothing is served."""

    def ready(self) -> dict[str, Any]:
        """What runs here, for people and for the plan's checks."""
        return {
            "pid": os.getpid(),
            "model": self.model,
            "version": self.version,
            "context_tokens": self.engine.context_tokens,
            **self.engine.facts(),
        }

    def generate(self, requests: Sequence[Request], version: int | None) -> Iterator[list[Completion]]:
        """Yield completions as they finish. The same requests and weights give the same bits, in any process.

        Raises `RunError` when the worker does not hold ``version``, `SpecError` when a request exceeds the context.
        """
        self._require(version)
        for request in requests:
            self._check_fits(request)
        for handful in self.engine.generate(requests):
            texts = self._texts([sampled.token_ids for _, sampled in handful])
            # What it spelled while it was not to end stays.
            kept = self._texts([sampled.token_ids[: requests[at].min_tokens] for at, sampled in handful])
            yield [
                _completion(requests[at], sampled, cut(text, requests[at].stop, after=len(before)), version)
                for (at, sampled), text, before in zip(handful, texts, kept, strict=True)
            ]

    def _texts(self, rows: Sequence[Sequence[int]]) -> list[str]:
        texts: list[str] = self.engine.tokenizer.batch_decode(
            [list(row) for row in rows], skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return texts

    def logprobs_of(self, prompt_ids: Sequence[int], response_ids: Sequence[int]) -> list[float]:
        """Log-probability of every response token at temperature 1: the engine's side of the parity check."""
        return self.engine.logprobs_of(prompt_ids, response_ids)

    def update(
        self, version: int, *buckets: WeightUpdate, verify_all: bool, first: bool, last: bool
    ) -> dict[str, Any] | None:
        """Some of the new weights, in one call: `begin_update` before the ``first``, `finish_update`, whose counts it
        gives, after the ``last``."""
        if first:
            self.begin_update(version, verify_all=verify_all)
        for bucket in buckets:
            self.take(bucket)
        return self.finish_update() if last else None

    def begin_update(self, version: int, *, verify_all: bool = False) -> None:
        """New weights come, by `take`; `finish_update` ends them. Until the first is taken the old ones serve."""
        self._arrival = _Arrival(version=version, verify_all=verify_all)

    def take(self, bucket: WeightUpdate) -> None:
        """Some of the new weights, checked against their checksums first.

        Raises `PublishFailed` naming what is damaged, or what the engine refuses; where some were taken already, the
        worker then serves nothing until an update lands.
        """
        arrival = self._arrival
        self._require_whole(bucket)
        with self._told(arrival):
            if not arrival.tensors:
                self._proven = False
                self.engine.begin_update()
            names = [entry.name for at, entry in enumerate(bucket.table, arrival.tensors) if arrival.compares(at)]
            self.engine.take(bucket, names)
        arrival.tensors += len(bucket.table)
        arrival.nbytes += bucket.nbytes

    def transfer(self, step: Step, payload: Any) -> None:
        """A step of an update that comes from GPU to GPU, as the trainer's rank 0 says. Raises `PublishFailed`."""
        if step == "init":
            self.engine.transfer(step, payload)
            return
        self._proven = False
        with self._told(self._arrival):
            self.engine.transfer(step, payload)

    def compare(self, *buckets: WeightUpdate) -> None:
        """Some of what was transferred so, for the proof. Raises `PublishFailed` naming what is damaged."""
        arrival = self._arrival
        for bucket in buckets:
            self._require_whole(bucket)
            names = [entry.name for at, entry in enumerate(bucket.table, arrival.tensors) if arrival.compares(at)]
            with self._told(arrival):
                self.engine.compare(bucket, names)
            arrival.tensors += len(bucket.table)
            arrival.nbytes += bucket.nbytes

    def finish_update(self) -> dict[str, Any]:
        """Prove that all landed: counts of tensors sent and compared, and bytes.

        Every tensor must have a place and every parameter a tensor, and a sample that moves with the version (all with
        ``verify_all``) is read back from the engine and compared. Raises `PublishFailed` naming the tensors; the worker
        then serves nothing until an update lands.
        """
        arrival = self._arrival
        with self._told(arrival):
            landing = self.engine.finish_update(None if arrival.verify_all else arrival.version)
        self.version, self._proven = arrival.version, True
        return {
            "version": arrival.version,
            "tensors": landing.tensors,
            "tensors_checked": landing.compared,
            "bytes": arrival.nbytes,
        }

    def update_weights(self, update: WeightUpdate, version: int, *, verify_all: bool = False) -> dict[str, Any]:
        """The whole of an update at once."""
        self.begin_update(version, verify_all=verify_all)
        self.take(update)
        return self.finish_update()

    def _require_whole(self, bucket: WeightUpdate) -> None:
        if damaged := bucket.damaged():
            raise PublishFailed(
                f"weights version {self._arrival.version!r} arrived damaged in {len(damaged)} tensors, first "
                f"{damaged[0]!r}: their checksums differ from the sender's; publish again"
            )

    @contextmanager
    def _told(self, arrival: "_Arrival") -> Iterator[None]:
        try:
            yield
        except PublishFailed as error:
            raise PublishFailed(
                f"weights version {arrival.version!r} did not land on {self.model!r}: {error}"
            ) from error

    def _require(self, version: int | None) -> None:
        if not self._proven:
            raise RunError(
                f"the rollout worker's last update failed after {_named(self.version)}; publish again before "
                f"{_named(version)} is asked for"
            )
        if self.version != version:
            raise RunError(
                f"the rollout worker holds {_named(self.version)}, not {_named(version)}: it serves nothing until "
                f"{_named(version)} is published to it"
            )

    def _check_fits(self, request: Request) -> None:
        tokens, context = len(request.prompt.token_ids), self.engine.context_tokens
        if not tokens:
            raise SpecError(f"prompt {request.prompt.id!r} is empty: it has no tokens")
        if tokens + request.max_tokens > context:
            raise SpecError(
                f"prompt {request.prompt.id!r} has {tokens} tokens and may get {request.max_tokens} more, but the "
                f"context of {self.model!r} is {context}: shorten the prompt, or lower `max_tokens`"
            )


@dataclass(slots=True, kw_only=True)
class _Arrival:
    """What has come of an update."""

    version: int
    verify_all: bool
    tensors: int = 0
    nbytes: int = 0

    def compares(self, at: int) -> bool:
        """Whether the tensor that comes at this place, of all, is compared by value."""
        return self.verify_all or at % SAMPLE == self.version % SAMPLE


def _start(
    *,
    model: str,
    weights: str | None,
    dtype: Literal["float32", "bfloat16"],
    rollout: RolloutSettings,
    device: Literal["cpu", "cuda"],
    threads: int,
    carrier: Carrier,
) -> Engine:
    if rollout.engine == "transformers":
        from actors.sampling.transformers_engine import TransformersEngine

        return TransformersEngine(
            model=model,
            weights=weights,
            dtype=dtype,
            device=device,
            threads=threads,
            context_tokens=rollout.context_tokens,
        )
    from actors.sampling.vllm_engine import EngineSettings, VLLMEngine

    return VLLMEngine(
        EngineSettings(
            model=model,
            weights=weights,
            dtype=dtype,
            device=device,
            threads=threads,
            tensor_parallel=rollout.tensor_parallel,
            context_tokens=rollout.context_tokens,
            memory_gb=rollout.memory_gb,
            gpu_memory_fraction=rollout.gpu_memory_fraction,
            carrier=carrier,
        )
    )


def _named(version: int | None) -> str:
    return "the weights it was started on" if version is None else f"weights version {version}"


def _completion(request: Request, sampled: Sampled, text: str, version: int | None) -> Completion:
    return Completion(
        prompt_id=request.prompt.id,
        index=request.index,
        text=text,
        token_ids=sampled.token_ids,
        logprobs=sampled.logprobs,
        finish=sampled.finish,
        version=version,
        barred=min(request.min_tokens, len(sampled.token_ids)),
    )
