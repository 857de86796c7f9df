"""The reference model: what the policy is held to."""

from array import array
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from actors.loading import DType, load_policy
from actors.scoring.moved import WEIGHTS, moved, write_model
from actors.tokenizers import load_config, load_tokenizer, stop_tokens
from actors.weights.checkpoint_names import checkpoint_tensors
from actors.weights.weight_update import WeightUpdate
from raylign.errors import CheckpointError, PublishFailed, RemoteFailed
from raylign.record.carry import here, uploaded
from raylign.remote import place_of
from raylign.tensors.embeddings import batched_embeddings
from raylign.tensors.logprobs import batched_logprobs
from raylign.tensors.threads import use_threads

Pair = tuple[tuple[int, ...], tuple[int, ...]]


class ReferenceWorker:
    """Scores responses; never trained. The same pairs give the same bits, in whatever order they come.

    Whoever asks says by which weights: None are those it starts with, a directory those that `follow` wrote there. So
    a worker that was started again answers as the one before it.

    ``policy``: whose ends some responses could not take; None where all could end at once.
    """

    def __init__(
        self,
        *,
        model: str,
        dtype: DType,
        temperature: float,
        tokens_per_microbatch: int,
        device: str,
        threads: int,
        policy: str | None = None,
    ) -> None:
        use_threads(threads)
        self._ends = stop_tokens(policy, load_tokenizer(policy)) if policy else ()
        self._name, self._dtype = model, dtype
        self._model = load_policy(model, dtype=dtype, device=device)
        self._held: str | None = None
        self._temperature, self._tokens, self._device = temperature, tokens_per_microbatch, device

    def ready(self) -> dict[str, int]:
        """Sizes, for people."""
        return {"parameters": self._model.num_parameters()}

    def score(
        self, pairs: list[Pair], barred: Sequence[int] = (), weights: str | None = None
    ) -> list[tuple[float, ...]]:
        """Log-probability of every response token of each (prompt ids, response ids), at the run's temperature.

        ``barred``: how many first tokens of each response could not end it.
        """
        self._hold(weights)
        return batched_logprobs(
            self._model,
            pairs,
            temperature=self._temperature,
            tokens_per_batch=self._tokens,
            barred=barred,
            ends=self._ends,
            device=self._device,
        )

    def embed(self, pairs: list[Pair], weights: str | None = None) -> list["array[float]"]:
        """The last hidden state after each (prompt ids, response ids), float32."""
        self._hold(weights)
        return batched_embeddings(self._model, pairs, tokens_per_batch=self._tokens, device=self._device)

    def follow(self, share: float, directory: str, weights: str | None, *buckets: WeightUpdate) -> None:
        """Write ``share * policy + (1 - share) * weights`` to ``directory``, and hold it. ``buckets``: of the policy.

        The file is in float32, whatever the model computes in: a small share would be lost in bfloat16.

        Raises `PublishFailed` when a bucket arrived damaged, or they are of other tensors; `CheckpointError` when the
        disk refuses.
        """
        if damaged := [name for bucket in buckets for name in bucket.damaged()]:
            raise PublishFailed(f"the policy's weights arrived damaged at the reference, first {damaged[0]!r}")
        self._hold(weights)
        policy = {name: tensor for bucket in buckets for name, tensor in bucket.tensors()}
        mixed = moved(self._weights(), policy, share)
        to = place_of(directory)
        try:
            with nullcontext(to) if isinstance(to, Path) else uploaded(to) as local:
                write_model(local, mixed, load_config(self._name))
        except RemoteFailed:
            raise
        except (OSError, SafetensorError) as error:
            raise CheckpointError(f"cannot write the reference to {directory!r}: {error}") from error
        self._hold(directory)

    def _weights(self) -> dict[str, Tensor]:
        """What it holds, as it was written, under the names of a checkpoint."""
        if self._held is not None:
            with here(place_of(self._held)) as held:
                return load_file(held / WEIGHTS)
        return checkpoint_tensors(self._model, dict(self._model.named_parameters()))

    def _hold(self, weights: str | None) -> None:
        if weights != self._held:
            # Into the model that is there: a GPU that holds one may not hold two.
            with here(place_of(weights)) if weights else nullcontext() as held:
                at = None if held is None else str(held)
                other = load_policy(self._name, dtype=self._dtype, device="cpu", weights=at)
            self._model.load_state_dict(other.state_dict())
            self._held = weights

    def shutdown(self) -> None:
        """Nothing to give back."""
