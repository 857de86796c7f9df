"""What a step counts, summed by paper and pencil; `test_trainer.py` holds two ranks against one."""

import pytest
import torch
from training_cases import make_examples

from actors.training.tally import Tally, Totals
from raylign.losses import Loss, mean
from raylign.tensors.collate import collate_examples

pytestmark = pytest.mark.usefixtures("one_rank")
MEASURES = {"alone": ("clip_share", "kl"), "paired": ("margin",), "idle": ("margin",)}


def tally_of(*batches: dict[str, tuple[float, dict[str, list[float]]]]) -> Totals:
    """Of microbatches: by task its weighted loss, and the values of its metrics."""
    tally = Tally(MEASURES, device="cpu")
    first = {example.task: example for example in make_examples()}
    for batch in batches:
        for task, (weighted, values) in batch.items():
            metrics = {name: mean(torch.tensor(of)) for name, of in values.items()}
            tally.add_loss(task, torch.tensor(weighted), Loss(per_unit_U=torch.zeros(1), metrics=metrics))
        examples = [first[task] for task in batch]
        made = collate_examples(examples)
        tally.add_batch(examples, gap_ST=torch.zeros_like(made.mask_ST), batch=made)
    return tally.reduce()


def test_losses_and_metrics_of_microbatches_are_summed_by_task() -> None:
    totals = tally_of(
        {"alone": (1.5, {"clip_share": [0.0, 1.0], "kl": [0.5]}), "paired": (-2.0, {"margin": [3.0]})},
        {"alone": (0.25, {"clip_share": [1.0, 1.0, 1.0, 1.0], "kl": [0.25]})},
    )
    assert totals.loss_by_task == {"alone": 1.75, "paired": -2.0}
    assert totals.metrics_by_task == {
        "alone": {"clip_share": pytest.approx(5 / 6), "kl": 0.375},
        "paired": {"margin": 3.0},
    }
    assert totals.examples == 3


def test_a_mean_over_nothing_is_left_out() -> None:
    totals = tally_of({"alone": (1.0, {"clip_share": [], "kl": [2.0]})})
    assert totals.metrics_by_task == {"alone": {"kl": 2.0}}


def test_a_metric_that_was_not_announced_is_an_error() -> None:
    with pytest.raises(KeyError, match="accuracy"):
        tally_of({"paired": (1.0, {"accuracy": [1.0]})})


def test_the_weights_of_a_task_s_first_example_are_kept_token_by_token() -> None:
    tally = Tally(MEASURES, device="cpu")
    paired = [example for example in make_examples() if example.task == "paired"][:2]
    lengths = [[len(one.response_ids) for one in example.sequences] for example in paired]
    width = max(map(max, lengths)) + 2
    mask = torch.zeros(2, 2, width)
    for unit, pair in enumerate(lengths):
        for n, length in enumerate(pair):
            mask[unit, n, n : n + length] = 1  # as flush sequences lie
    weights = torch.arange(mask.numel(), dtype=torch.float32).view_as(mask)
    tally.show("paired", paired, weights, mask)
    tally.show("paired", paired[1:], weights[1:], mask[1:])
    (first, second) = tally.reduce().weighed["paired"]
    assert first == (paired[0].sequences[0].response_ids, tuple(float(at) for at in range(lengths[0][0])))
    assert second[1][0] == width + 1
    assert len(second[1]) == lengths[0][1]
