"""Examples into microbatches: token budget, little padding, the same for every rank, whatever order they came in.

A microbatch is a rectangle: as many rows as it has sequences, as wide as its longest prompt plus its longest response,
or, where sequences lie flush, as its longest sequence.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from raylign.types import Example, Layout

Tokens = Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The padded rectangle that some sequences need."""

    rows: int
    prompt: int
    """Tokens of the longest prompt."""
    response: int
    """Tokens of the longest response."""

    @property
    def area(self) -> int:
        """Tokens, padding included."""
        return self.rows * (self.prompt + self.response)

    def __or__(self, other: "Shape") -> "Shape":
        """The rectangle that holds both."""
        return Shape(
            rows=self.rows + other.rows,
            prompt=max(self.prompt, other.prompt),
            response=max(self.response, other.response),
        )


EMPTY = Shape(rows=0, prompt=0, response=0)
WASTE = 0.05
"""Share of a microbatch that may be padding where sequences lie flush."""


def pack(
    examples: Sequence[Example], *, ranks: int, tokens_per_microbatch: int, layout: Layout = "aligned"
) -> list[list[list[Example]]]:
    """``[rank][microbatch][example]``; every rank has equally many microbatches, some may be empty.

    Longest first, each example to the rank with the fewest tokens so far, then cut into microbatches whose area keeps
    to the budget, and whose padding to `WASTE` where sequences lie flush. An example is never split; one above the
    budget gets a microbatch of its own.
    """
    shares: list[list[Example]] = [[] for _ in range(ranks)]
    loads = [0] * ranks
    for example in sorted(examples, key=_longest_first):
        rank = loads.index(min(loads))
        shares[rank].append(example)
        loads[rank] += num_tokens(example)
    packed = [_microbatches(share, tokens_per_microbatch, layout) for share in shares]
    count = max(len(microbatches) for microbatches in packed)
    return [microbatches + [[] for _ in range(count - len(microbatches))] for microbatches in packed]


def of_task(
    microbatches: Sequence[Sequence[Example]], task: str, *, tokens_per_microbatch: int, layout: Layout = "aligned"
) -> list[list[Example]]:
    """One task's examples among a rank's microbatches, cut anew into as few as the budget allows."""
    share = [example for microbatch in microbatches for example in microbatch if example.task == task]
    return _microbatches(share, tokens_per_microbatch, layout)


def cut(shapes: Sequence[Shape], budget: int, *, waste: float = 1.0) -> list[list[int]]:
    """Cut ``range(len(shapes))`` into consecutive runs whose joint area keeps to the budget; at least one item each.

    ``waste``: the share of a run's area that may be none of its items'.
    """
    runs: list[list[int]] = []
    so_far, filled = EMPTY, 0
    for index, item in enumerate(shapes):
        joined = so_far | item
        if runs and joined.area <= budget and filled + item.area >= (1 - waste) * joined.area:
            runs[-1].append(index)
            so_far, filled = joined, filled + item.area
        else:
            runs.append([index])
            so_far, filled = item, item.area
    return runs


def batches(pairs: Sequence[tuple[Tokens, Tokens]], budget: int) -> list[list[int]]:
    """Positions of (prompt ids, response ids) pairs in batches of one forward pass each, longest first.

    A function of the pairs alone, not of their order. The pairs of some consecutive batches are cut into the same ones.
    """
    order = sorted(range(len(pairs)), key=lambda i: (-len(pairs[i][0]) - len(pairs[i][1]), pairs[i]))
    shapes = [Shape(rows=1, prompt=len(pairs[i][0]), response=len(pairs[i][1])) for i in order]
    return [[order[position] for position in run] for run in cut(shapes, budget)]


def shape(example: Example, layout: Layout = "aligned") -> Shape:
    """The rectangle of one example; flush sequences are all response."""
    if layout == "flush":
        return Shape(rows=len(example.sequences), prompt=0, response=max(map(len, example.sequences)))
    return Shape(
        rows=len(example.sequences),
        prompt=max(len(sequence.prompt_ids) for sequence in example.sequences),
        response=max(len(sequence.response_ids) for sequence in example.sequences),
    )


def padding(microbatches: Sequence[Sequence[Example]]) -> float:
    """Share of the microbatches' area that holds no token."""
    area = sum(_joint(microbatch).area for microbatch in microbatches)
    tokens = sum(num_tokens(example) for microbatch in microbatches for example in microbatch)
    return 1 - tokens / area if area else 0.0


def num_tokens(example: Example) -> int:
    """Prompt and response tokens of all its sequences."""
    return sum(len(sequence) for sequence in example.sequences)


def _microbatches(share: Sequence[Example], budget: int, layout: Layout) -> list[list[Example]]:
    shapes = [shape(example, layout) for example in share]
    runs = cut(shapes, budget, waste=WASTE if layout == "flush" else 1.0)
    return [[share[i] for i in run] for run in runs]


def _joint(microbatch: Sequence[Example]) -> Shape:
    joined = EMPTY
    for example in microbatch:
        joined |= shape(example)
    return joined


def _longest_first(example: Example) -> tuple[object, ...]:
    # Everything the gradient depends on, so that the order of arrival cannot matter.
    content = tuple(
        (one.prompt_ids, one.response_ids, one.behavior, one.target, one.credit) for one in example.sequences
    )
    age = example.staleness
    return -num_tokens(example), example.task, content, example.coefficient, example.weight, age is not None, age or 0
