"""Token sequences into the padded tensors a model reads, and log-probs back into what a loss sees.

Prompts are padded on the left and responses on the right, so all responses start at one column; or, flush, sequences
are padded on the right alone, and a response begins where its prompt ends. Shapes: S sequences, P prompt and T response
columns, L = P + T - 1 (nothing follows the last token, so the model need not read it), Q different prompts, U units
(examples), N sequences of a unit. Of flush sequences P is the shortest prompt's width.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from raylign.losses.terms import Reading, Terms
from raylign.types import Example, Layout

TokenIds = Sequence[int]

WORTH_SHARING = 0.1
"""Share of a batch's columns that reading prompts once must spare to pay for a second forward pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What a causal language model needs to give the log-probs of responses."""

    input_ids_SL: Tensor
    attention_mask_SL: Tensor
    """1 on tokens, 0 on padding."""
    position_ids_SL: Tensor
    """Counted from each sequence's first token."""
    target_ids_ST: Tensor
    """The responses; column t is predicted at input column L - T + t."""
    mask_ST: Tensor
    """1.0 on response tokens, 0.0 on padding and on what flush sequences have of their prompts there."""
    begins_S: Sequence[int]
    """The target column at which each response begins; 0 where they are aligned."""
    unread: int = 1
    """Columns of a row that are not in the input: the last token, which nothing follows."""
    barred_ST: Tensor | None = None
    """True where the response could not end yet; None where no response was barred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    """A batch's prompts, each once."""

    input_ids_QP: Tensor
    attention_mask_QP: Tensor
    position_ids_QP: Tensor
    of_S: Tensor
    """Which of them each sequence begins with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskTerms:
    """Examples of one task and one N, ready for its loss."""

    task: str
    weight_U: Tensor
    terms: Terms


def collate(
    pairs: Sequence[tuple[TokenIds, TokenIds]],
    *,
    barred: Sequence[int] = (),
    device: torch.device | str = "cpu",
    layout: Layout = "aligned",
) -> Batch:
    """Pad (prompt ids, response ids) pairs into one batch. Prompts must not be empty: something must come first.

    ``barred``: how many first tokens of each response could not end it; none where absent.
    """
    aligned = layout == "aligned"
    prompt_width = (max if aligned else min)(len(prompt) for prompt, _ in pairs)
    begins = [0 if aligned else len(prompt) - prompt_width for prompt, _ in pairs]
    ends = [begin + len(response) for begin, (_, response) in zip(begins, pairs, strict=True)]
    response_width = max(1, *ends)
    rows, present, answered = [], [], []
    for (prompt, response), begin, end in zip(pairs, begins, ends, strict=True):
        left, right = prompt_width + begin - len(prompt), response_width - end
        rows.append([0] * left + [*prompt, *response] + [0] * right)
        present.append([0] * left + [1] * (len(prompt) + len(response)) + [0] * right)
        answered.append([0.0] * begin + [1.0] * len(response) + [0.0] * right)
    ids_SL = torch.tensor(rows, dtype=torch.long, device=device)
    attention_mask_SL = torch.tensor(present, dtype=torch.long, device=device)[:, :-1]
    return Batch(
        input_ids_SL=ids_SL[:, :-1],
        attention_mask_SL=attention_mask_SL,
        position_ids_SL=_positions(attention_mask_SL),
        target_ids_ST=ids_SL[:, prompt_width:],
        mask_ST=torch.tensor(answered, device=device),
        begins_S=begins,
        barred_ST=_barred(barred, begins, response_width, device),
    )


def _barred(barred: Sequence[int], begins: Sequence[int], width: int, device: torch.device | str) -> Tensor | None:
    if not any(barred):
        return None
    at_ST = torch.arange(width, device=device) - torch.tensor(begins, device=device)[:, None]
    return (at_ST >= 0) & (at_ST < torch.tensor(barred, device=device)[:, None])


def repeated_prompts(batch: Batch) -> Prompts | None:
    """The prompts, where reading each once spares at least `WORTH_SHARING` of the batch; else None."""
    num_sequences, width = batch.input_ids_SL.shape
    prompt_width = width - batch.target_ids_ST.shape[1] + 1
    if prompt_width == width:
        return None  # responses of one token: nothing is left to read after the prompts
    rows_S2P = torch.cat([batch.input_ids_SL[:, :prompt_width], batch.attention_mask_SL[:, :prompt_width]], 1)
    prompts_Q2P, of_S = rows_S2P.unique(dim=0, return_inverse=True)
    spared = (num_sequences - len(prompts_Q2P)) * prompt_width / (num_sequences * width)
    if spared < WORTH_SHARING:
        return None
    input_ids_QP, attention_mask_QP = prompts_Q2P.split(prompt_width, 1)
    return Prompts(
        input_ids_QP=input_ids_QP,
        attention_mask_QP=attention_mask_QP,
        position_ids_QP=_positions(attention_mask_QP),
        of_S=of_S,
    )


def collate_examples(
    examples: Sequence[Example], *, device: torch.device | str = "cpu", layout: Layout = "aligned"
) -> Batch:
    """All sequences of all examples in one batch, row after row in the examples' order."""
    sequences = [sequence for example in examples for sequence in example.sequences]
    pairs = [(sequence.prompt_ids, sequence.response_ids) for sequence in sequences]
    return collate(pairs, barred=[sequence.barred for sequence in sequences], device=device, layout=layout)


def split_terms(
    examples: Sequence[Example], policy_ST: Tensor, batch: Batch, reading: Reading | None = None
) -> Iterator[TaskTerms]:
    """Rows of `collate_examples` back into examples, grouped by task and number of sequences.

    ``policy_ST``: log-probs of the batch, 0 on padding; the gradient flows through it, and through ``reading``.
    """
    groups: dict[tuple[str, int], list[int]] = {}
    first_rows, row = [], 0
    for index, example in enumerate(examples):
        groups.setdefault((example.task, len(example.sequences)), []).append(index)
        first_rows.append(row)
        row += len(example.sequences)
    device = policy_ST.device
    reference_ST = pad_rows([s.reference for example in examples for s in example.sequences], batch)
    behavior_ST = behavior_rows(examples, batch)
    credit_ST = pad_rows([s.credit for example in examples for s in example.sequences], batch)
    for (task, num_sequences), members in groups.items():
        rows_UN = torch.tensor(
            [[first_rows[index] + n for n in range(num_sequences)] for index in members], device=device
        )
        chosen = [examples[index] for index in members]
        yield TaskTerms(
            task=task,
            weight_U=torch.tensor([example.weight for example in chosen], device=device),
            terms=Terms(
                policy_UNT=policy_ST[rows_UN],
                reference_UNT=reference_ST[rows_UN],
                behavior_UNT=behavior_ST[rows_UN],
                mask_UNT=batch.mask_ST[rows_UN],
                coefficient_U=torch.tensor([example.coefficient for example in chosen], device=device),
                stale_U=torch.tensor([float(bool(example.staleness)) for example in chosen], device=device),
                target_UN=torch.tensor(
                    [[one.target for one in example.sequences] for example in chosen], device=device
                ),
                reading=None if reading is None else reading[rows_UN],
                credit_UNT=credit_ST[rows_UN] if any(each.sequences[0].credit for each in chosen) else None,
            ),
        )


def behavior_rows(examples: Sequence[Example], batch: Batch) -> Tensor:
    """Log-probs under the weights that sampled, [S, T], 0 on padding."""
    return pad_rows([sequence.behavior for example in examples for sequence in example.sequences], batch)


def pad_rows(rows: Sequence[Sequence[float]], batch: Batch) -> Tensor:
    """A number for every response token, or none for all of a row's, as float32 [S, T] with 0 elsewhere."""
    width = batch.mask_ST.shape[1]
    padded = [
        [*[0.0] * begin, *row, *[0.0] * (width - begin - len(row))]
        for row, begin in zip(rows, batch.begins_S, strict=True)
    ]
    return torch.tensor(padded, dtype=torch.float32, device=batch.mask_ST.device)


def _positions(mask_RL: Tensor) -> Tensor:
    """Counted from each row's first token; 0 on the padding before it."""
    return (mask_RL.cumsum(-1) - 1).clamp(min=0)
