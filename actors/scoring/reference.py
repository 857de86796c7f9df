"""The frozen reference model: what the policy is held to."""

from array import array
from collections.abc import Sequence

from actors.loading import DType, load_policy
from actors.tokenizers import load_tokenizer, stop_tokens
from raylign.tensors.embeddings import batched_embeddings
from raylign.tensors.logprobs import batched_logprobs
from raylign.tensors.threads import use_threads

Pair = tuple[tuple[int, ...], tuple[int, ...]]


class ReferenceWorker:
    """Scores responses; never trained. The same pairs give the same bits, in whatever order they come.

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
        self._model = load_policy(model, dtype=dtype, device=device)
        self._temperature, self._tokens, self._device = temperature, tokens_per_microbatch, device

    def ready(self) -> dict[str, int]:
        """Sizes, for people."""
        return {"parameters": self._model.num_parameters()}

    def score(self, pairs: list[Pair], barred: Sequence[int] = ()) -> list[tuple[float, ...]]:
        """Log-probability of every response token of each (prompt ids, response ids), at the run's temperature.

        ``barred``: how many first tokens of each response could not end it.
        """
        return batched_logprobs(
            self._model,
            pairs,
            temperature=self._temperature,
            tokens_per_batch=self._tokens,
            barred=barred,
            ends=self._ends,
            device=self._device,
        )

    def embed(self, pairs: list[Pair]) -> list["array[float]"]:
        """The last hidden state after each (prompt ids, response ids), float32."""
        return batched_embeddings(self._model, pairs, tokens_per_batch=self._tokens, device=self._device)

    def shutdown(self) -> None:
        """Nothing to give back."""
