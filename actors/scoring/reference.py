"""The frozen reference model: what the policy is held to."""

from actors.loading import DType, load_policy
from raylign.tensors.logprobs import batched_logprobs
from raylign.tensors.threads import use_threads

Pair = tuple[tuple[int, ...], tuple[int, ...]]


class ReferenceWorker:
    """Scores responses; never trained. The same pairs give the same bits, in whatever order they come."""

    def __init__(
        self, *, model: str, dtype: DType, temperature: float, tokens_per_microbatch: int, device: str, threads: int
    ) -> None:
        use_threads(threads)
        self._model = load_policy(model, dtype=dtype, device=device)
        self._temperature, self._tokens, self._device = temperature, tokens_per_microbatch, device

    def ready(self) -> dict[str, int]:
        """Sizes, for people."""
        return {"parameters": self._model.num_parameters()}

    def score(self, pairs: list[Pair]) -> list[tuple[float, ...]]:
        """Log-probability of every response token of each (prompt ids, response ids), at the run's temperature."""
        return batched_logprobs(
            self._model,
            pairs,
            temperature=self._temperature,
            tokens_per_batch=self._tokens,
            device=self._device,
        )

    def shutdown(self) -> None:
        """Nothing to give back."""
