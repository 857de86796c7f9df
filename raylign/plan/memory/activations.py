"""What a forward pass holds beside the weights: numbers by layer and token, and logits.

Counted for a Llama layer, tensor by tensor, as autograd keeps them; Qwen 2's and Phi 3's keep the same. Layers with
more norms or another activation keep more: Qwen 3's a sixth, Gemma 3's and GPT-2's up to two thirds.
"""

from dataclasses import dataclass

from raylign.plan.dimensions import Dimensions

CHUNKS = {"cpu": 3 * 2**22, "cuda": 3 * 2**26}
"""Bytes of the float32 chunks in which log-probs are made of logits: what a chunk holds at once, thrice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Sequences that one forward pass reads, all of one length."""

    rows: int
    prompt: int
    """Tokens of each prompt."""
    response: int
    """Tokens of each response."""

    @property
    def tokens(self) -> int:
        """Of all rows."""
        return self.rows * (self.prompt + self.response)


def kept(sizes: Dimensions, batch: Batch, *, width: int, frozen: bool, checkpointing: bool) -> int:
    """Bytes that the backward pass of ``batch`` needs of the forward pass. ``width``: bytes of a number.

    ``frozen``: norms are not trained, and keep less. ``checkpointing``: of every layer its input only, and one layer
    made again at a time.
    """
    layer = width * _layer_numbers(sizes, width=width, frozen=frozen)
    beside = width * 3 * sizes.hidden  # embedding and last norm
    layers = sizes.layers * width * sizes.hidden + layer if checkpointing else sizes.layers * layer
    return batch.tokens * (layers + beside)


def passing(sizes: Dimensions, batch: Batch, *, width: int) -> int:
    """Bytes that a forward pass without gradient holds at once: within the widest place of one layer."""
    return batch.tokens * width * (4 * sizes.hidden + 3 * sizes.intermediate)


def logits(sizes: Dimensions, batch: Batch, *, width: int, device: str, gradient: bool) -> int:
    """Bytes of the logits at response positions, of their gradient, and of the chunk in work."""
    return batch.rows * batch.response * sizes.vocabulary * width * (1 + gradient) + CHUNKS[device]


def cache(sizes: Dimensions, tokens: int, *, width: int) -> int:
    """Bytes of the keys and values of so many tokens."""
    return tokens * sizes.layers * 2 * sizes.keys * width


def _layer_numbers(sizes: Dimensions, *, width: int, frozen: bool) -> int:
    """Of one token.

    Hidden: both norms' inputs, normalised and scaled values; in half precision each norm also its input in float32,
    which counts twice. Queries and keys as they are multiplied, values, what attention gives; the MLP's two halves,
    the activation and their product.
    """
    hidden = 6 + (2 if width < 4 else 0) - (2 if frozen else 0)
    return hidden * sizes.hidden + 2 * sizes.queries + 2 * sizes.keys + 4 * sizes.intermediate
