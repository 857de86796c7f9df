"""What two ranks wrote, one goes on from, and three: the same weights and moments to the bit, steps to 1e-5."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from deepspeed.utils import safe_get_full_fp32_param, safe_get_full_optimizer_state
from depths import proof
from training_cases import assert_same_bits, free_port, make_examples, make_job, make_trainer, pair_job

from actors.training.resharding import Rows
from actors.training.trainer import PolicyTrainer
from raylign.errors import CheckpointError
from raylign.loop.packing import pack
from raylign.methods.sparsepo import SparsePO
from raylign.spec import Job
from raylign.types import StepStats

pytestmark = pytest.mark.filterwarnings("ignore")  # DeepSpeed's own

LORA, SMALL, OFFLOAD = {"rank": 4}, {"sub_group_size": 300}, {"optimizer": "cpu"}
SHORT: list[dict[str, Any]] = [
    {"zero_stage": 1, "dtype": "bfloat16"},
    {"zero_stage": 2, "masks": True},
    {"zero_stage": 3, "dtype": "bfloat16", "lora": LORA, "zero": SMALL},
]
WHOLE: list[dict[str, Any]] = [
    *({"zero_stage": stage} for stage in (0, 1, 2, 3)),
    *({"zero_stage": stage, "dtype": "bfloat16"} for stage in (2, 3)),
    *({"zero_stage": stage, "lora": LORA} for stage in (0, 1, 2, 3)),
    *({"zero_stage": stage, "offload": OFFLOAD} for stage in (1, 2, 3)),
    {"zero_stage": 3, "zero": SMALL, "offload": {"optimizer": "cpu", "parameters": "cpu"}},
]


@pytest.mark.parametrize("case", [*SHORT, *map(proof, WHOLE)])
def test_any_number_of_ranks_goes_on(model: Path, tmp_path: Path, case: dict[str, Any]) -> None:
    for ranks in (2, 1, 3):  # forked, for importing what they need takes a process longer than they take
        given = (ranks, case_job(model, **case), free_port(), str(tmp_path))
        mp.start_processes(run_rank, given, nprocs=ranks, start_method="fork")
    two, one, three = (torch.load(tmp_path / f"{ranks}.pt") for ranks in (2, 1, 3))
    assert len(two["states"]) > 3
    for other in (one, three):
        assert_same_bits(other["states"], two["states"])
        tolerance = 1e-5 if "dtype" not in case else 2e-2
        assert other["figures"] == pytest.approx(two["figures"], rel=tolerance, abs=1e-6)


def case_job(model: Path, *, masks: bool = False, **settings: Any) -> Job:
    if masks:  # in a group of the optimizer's of their own
        return pair_job(model, SparsePO(beta=1.0, mask_weight_decay=0.1), ranks=2, **settings)
    return make_job(model, ranks=2, **settings)


def run_rank(rank: int, ranks: int, job: Job, port: int, out: str) -> None:
    """Two take two steps and save; others go on from there. Then all take the same steps."""
    gc.freeze()  # DeepSpeed collects garbage often: not that of imports
    with trainer_of(job, rank, ranks, port) as trainer:
        if ranks == 2:
            for step in range(2):
                take(trainer, step, rank, ranks)
            trainer.save(out)
        else:
            trainer.load(out)
        states = trained(trainer)
        stats = [take(trainer, step, rank, ranks) for step in (2, 3)]
    if rank == 0:
        figures = [number for one in stats for number in (one.loss, one.grad_norm, one.learning_rate)]
        torch.save({"states": states, "figures": figures}, f"{out}/{ranks}.pt")


@contextmanager
def trainer_of(job: Job, rank: int, ranks: int, port: int) -> Iterator[PolicyTrainer]:
    trainer_spec = job.trainer.model_copy(update={"ranks": ranks})
    trainer = make_trainer(job.model_copy(update={"trainer": trainer_spec}), rank=rank, world_size=ranks, port=port)
    yield trainer
    trainer.shutdown()


def take(trainer: PolicyTrainer, step: int, rank: int, ranks: int) -> StepStats:
    return trainer.step(step, pack(make_examples(step), ranks=ranks, tokens_per_microbatch=150)[rank])


def trained(trainer: PolicyTrainer) -> dict[str, torch.Tensor]:
    """Float32 weights and moments of everything trained, whole; all ranks together."""
    stage, zero, state = trainer._engine.zero_optimization_stage(), trainer._engine.optimizer, trainer._optimizer.state
    found = {"steps": torch.tensor(sorted({float(one["step"]) for one in state.values()}))}
    named = [(name, one) for name, one in trainer._engine.module.named_parameters() if one.requires_grad]
    if stage in (1, 2):  # a row each
        groups = zero.bf16_groups if hasattr(zero, "bf16_groups") else zero.bit16_groups
        for at, (group, trained_here) in enumerate(zip(trainer._optimizer.param_groups, groups, strict=True)):
            (part,) = group["params"]
            for key, own in {"weights": part.detach(), **state[part]}.items():
                parts = [torch.empty_like(own) for _ in range(dist.get_world_size())]
                dist.all_gather(parts, own)
                if own.dim():
                    found[f"{at} {key}"] = torch.cat(parts)[: sum(one.numel() for one in trained_here)]
        return found
    for name, parameter in named:
        whole = parameter if stage == 0 else safe_get_full_fp32_param(parameter)
        found[name] = whole.detach().clone()
        for key in ("exp_avg", "exp_avg_sq"):
            moment = state[parameter][key] if stage == 0 else safe_get_full_optimizer_state(parameter, key)
            found[f"{name} {key}"] = moment.clone()
    return found


@pytest.mark.parametrize(("lengths", "align"), [([11], 2), ([5, 1, 8], 1)])
@pytest.mark.parametrize(("before", "ranks"), [(1, 3), (2, 1), (2, 3), (3, 2), (4, 4), (2, 7)])
def test_rows_are_cut_as_they_would_have_been(lengths: list[int], align: int, before: int, ranks: int) -> None:
    rows = [torch.arange(1.0, length + 1) for length in lengths]

    def cut(count: int) -> list[torch.Tensor]:
        """By hand: every row filled with zeros to parts of equal size."""
        filled = [torch.cat([row, torch.zeros(-row.numel() % (align * count))]).chunk(count) for row in rows]
        return [torch.cat([row[rank] for row in filled]) for rank in range(count)]

    group = Rows(lengths, align=align)
    strips = [list(part.split(2)) for part in cut(before)]  # in sub-groups
    for rank, expected in enumerate(cut(ranks)):
        assert torch.equal(group.cut(strips, rank=rank, ranks=ranks), expected)


def test_states_of_another_training_are_refused() -> None:
    with pytest.raises(CheckpointError, match="lacks 3 numbers"):
        Rows([10], align=1).cut([[torch.zeros(5)], [torch.zeros(2)]], rank=0, ranks=1)
