"""What a rollout worker asks of the engine it drives: vLLM, or plain transformers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from actors.weights.gpu_transfer import Step
from actors.weights.landing import Landing
from actors.weights.weight_update import WeightUpdate
from raylign.types import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """One response as the engine made it: `raylign.types.Completion` before it is decoded."""

    token_ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    finish: Literal["stop", "length"]


class Engine(Protocol):
    """A model that samples and whose weights can be replaced."""

    tokenizer: Any
    """A transformers tokenizer."""

    @property
    def context_tokens(self) -> int:
        """Longest prompt plus response."""
        ...

    def facts(self) -> dict[str, Any]:
        """What the engine says of itself, for people."""
        ...

    def generate(self, requests: Sequence[Request]) -> Iterator[list[tuple[int, Sampled]]]:
        """Yield (position in ``requests``, response) as they finish. The same requests give the same bits."""
        ...

    def logprobs_of(self, prompt_ids: Sequence[int], response_ids: Sequence[int]) -> list[float]:
        """Log-probability of every response token at temperature 1."""
        ...

    def begin_update(self) -> None:
        """Be ready for new weights, whatever became of an update before. Raises `PublishFailed`, as all three do."""
        ...

    def take(self, bucket: WeightUpdate, names: Sequence[str]) -> None:
        """Some of the weights, of which those in ``names`` are to be compared by value in the end."""
        ...

    def transfer(self, step: Step, payload: Any) -> None:
        """A step of an update that comes from GPU to GPU, between `begin_update` and `finish_update`."""
        ...

    def compare(self, bucket: WeightUpdate, names: Sequence[str]) -> None:
        """Of what was transferred so, what is to be compared by value in the end."""
        ...

    def finish_update(self, turn: int | None) -> Landing:
        """Put all that was taken in the old weights' place, and prove it.

        ``turn``: rotates which columns are read where reading is dear; None reads all.
        """
        ...
