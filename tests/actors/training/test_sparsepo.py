"""Masks that are learned beside the policy: resumed to the bit, and sparse where tokens tell nothing."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from depths import proof
from training_cases import TEMPERATURE, WHOLE, assert_same_bits, make_examples, make_trainer, pair_job, weights

from actors.loading import load_policy
from actors.training.trainer import PolicyTrainer
from raylign.methods.method import Method
from raylign.methods.sparsepo import MaPO, SparsePO
from raylign.spec import load_job
from raylign.tensors.collate import collate
from raylign.tensors.logprobs import batched_logprobs
from raylign.tensors.reading import read_beside
from raylign.tensors.watched import Watched
from raylign.types import Example, Sequence

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # DeepSpeed's own
    pytest.mark.usefixtures("process_group"),
]
MARKER, GOOD, BAD, PAIRS = 90, 91, 92, 8
FILLERS = range(4, 24)


def nets(trainer: PolicyTrainer) -> dict[str, torch.Tensor]:
    return {name: one.detach().clone() for name, one in trainer._engine.module.objectives.named_parameters()}


ADAPTED: dict[str, Any] = {"zero_stage": 1, "dtype": "bfloat16", "lora": {"rank": 4}}


@pytest.mark.parametrize(
    ("method", "settings"),
    [(SparsePO(), ADAPTED), proof(SparsePO(mask="independent"), {"zero_stage": 2})],
)
def test_masks_are_trained_and_resumed_and_no_part_of_the_policy(
    model: Path, tmp_path: Path, method: Method, settings: dict[str, Any]
) -> None:
    job = pair_job(model, method, **settings)
    straight, first = make_trainer(job), make_trainer(job)
    begun = nets(first)
    expected = [straight.step(step, [make_examples(step)]) for step in range(3)]
    for step in range(2):
        first.step(step, [make_examples(step)])
    first.save(tmp_path)
    second = make_trainer(job)
    second.load(tmp_path)
    assert second.step(2, [make_examples(2)]) == expected[2]
    assert_same_bits(nets(second), nets(straight))
    assert_same_bits(weights(second), weights(straight))
    assert any(not torch.equal(one, begun[name]) for name, one in nets(second).items())
    load_policy(str(tmp_path / "policy"), dtype="float32", device="cpu")  # which refuses what is not the policy's


def test_masks_of_activations_are_read_of_the_reference_and_not_of_the_policy(model: Path) -> None:
    trainer = make_trainer(pair_job(model, MaPO(beta=2.0)))
    same = [trainer.step(step, [make_examples(0)]).metrics_by_task["paired"] for step in range(3)]
    assert {one["mask"] for one in same} == {same[0]["mask"]}
    assert len({one["masked_margin"] for one in same}) == 3


@pytest.mark.parametrize("settings", [{"dtype": "bfloat16"}, proof({"zero_stage": 1}), proof({"zero_stage": 2})])
def test_masks_move_as_they_do_unsharded(model: Path, settings: dict[str, Any]) -> None:
    method = SparsePO(mask="independent", l1_ratio=0.1, l1_kl=0.1)
    moved = []
    for how in ({}, settings):
        trainer = make_trainer(pair_job(model, method, **how))
        for step in range(3):
            trainer.step(step, [[example for example in make_examples(step) if example.task == "paired"]])
        moved.append(nets(trainer))
    close = {"rtol": 0, "atol": 1e-5} if "dtype" not in settings else {"rtol": 0.01, "atol": 2e-3}
    for name, one in moved[0].items():
        torch.testing.assert_close(moved[1][name].float(), one, **close, msg=name)
    assert all((one < 1).all() for name, one in moved[0].items() if "bias_L" in name)


def planted(policy: Any, seed: int) -> list[Example]:
    """Pairs that differ in what follows a marker; their other tokens are drawn alike."""
    rng = random.Random(seed)

    def response(word: int) -> tuple[int, ...]:
        fillers = [rng.choice(FILLERS) for _ in range(8)]
        at = rng.randrange(1, 7)
        return (*fillers[:at], MARKER, word, *fillers[at:])

    made = [((30, 31, 32), response(word)) for _ in range(PAIRS) for word in (GOOD, BAD)]
    scores = batched_logprobs(policy, made, temperature=TEMPERATURE, tokens_per_batch=WHOLE)
    sequences = [
        Sequence(prompt_ids=prompt, response_ids=ids, behavior=score, reference=score)
        for (prompt, ids), score in zip(made, scores, strict=True)
    ]
    return [
        Example(task="paired", sequences=tuple(sequences[at : at + 2]), weight=1 / PAIRS)
        for at in range(0, len(sequences), 2)
    ]


def test_learned_masks_are_zero_where_tokens_tell_nothing(model: Path) -> None:
    method = SparsePO(beta=1.0, l1_ratio=0.01, l1_kl=0.01)
    job = pair_job(model, method, learning_rate=1e-2, schedule={"type": "constant"})
    trainer, policy = make_trainer(job), load_policy(str(model), dtype="float32", device="cpu")
    for step in range(60):
        stats = trainer.step(step, [planted(policy, step)])
    examples = planted(policy, 10**6)
    batch = collate([(s.prompt_ids, s.response_ids) for example in examples for s in example.sequences])
    with torch.no_grad():
        _, reading = read_beside(policy, Watched(policy, policy, reads={"states"}), batch, temperature=TEMPERATURE)
        assert reading.states is not None
        (net,) = trainer._engine.module.objectives[0]
        mask_ST = net(reading.states[None])[0]
    telling_ST = (batch.target_ids_ST == GOOD) | (batch.target_ids_ST == BAD)
    assert mask_ST[telling_ST].min() > 0
    assert (mask_ST[~telling_ST] == 0).float().mean() > 0.7
    assert stats.metrics_by_task["paired"]["accuracy"] == 1


def test_the_example_s_tasks_train_side_by_side() -> None:
    job = load_job(Path(__file__).parents[3] / "examples" / "sparsepo.yaml")
    trainer = make_trainer(job)
    seen = []
    for step in range(2):
        pairs = [example for example in make_examples(step) if example.task == "paired"]
        stats = trainer.step(step, [[replace(pair, task=task.name) for task in job.tasks for pair in pairs]])
        seen.append(stats.weighed_by_task)
    learned, read, whole = (stats.metrics_by_task[task] for task in ("chat", "math", "instructions"))
    assert 0 < learned["mask"] != 1
    assert 0 < read["mask"] < 1
    assert whole["kl_chosen"] > 0
    shown, unshown = seen  # the first step of forty shows samples, the second does not
    assert (shown.keys(), unshown) == ({"chat", "math"}, {})
    for weighed in shown.values():
        assert [len(one.tokens) for one in weighed] == [len(one.weights) for one in weighed]
        assert len(weighed) == 2
    assert all(0 <= weight <= 1 for one in shown["math"] for weight in one.weights)
