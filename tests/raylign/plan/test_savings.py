"""Changes that would spare memory: each tried alone, none that is made already, none that hardly helps."""

from collections.abc import Callable
from typing import Any

import pytest

from raylign.plan.savings import savings
from raylign.spec import Job

MakeJob = Callable[..., Job]

CHECKPOINTING, BFLOAT16, LORA = "`trainer.gradient_checkpointing`", "`policy.dtype: bfloat16`", "`policy.lora`"
OFFLOAD = {"optimizer": "cpu"}
SPARED: dict[str, Any] = {"dtype": "bfloat16", "lora": {}, "reference": {"where": "trainer"}}


def tried(job: Job) -> dict[str, Job]:
    """The jobs that are tried, by the change in words: every one of them is said to need a byte less than the last."""
    jobs: list[Job] = []

    def need(changed: Job) -> float:
        jobs.append(changed)
        return 1000.0 if len(jobs) == 1 else -float(len(jobs))

    found = savings(job, need)
    assert jobs[0] == job
    assert list(found.values()) == [-float(number) for number in range(2, len(jobs) + 1)]
    return dict(zip(found, jobs[1:], strict=True))


def settings(job: Job) -> dict[str, Any]:
    """Every setting of the three parts that are changed, by its path."""
    return {
        f"{part}.{name}": value
        for part in ("policy", "trainer", "rollout")
        for name, value in job.model_dump()[part].items()
    }


def test_each_change_is_made_alone_and_does_what_it_says(make_job: MakeJob) -> None:
    job = make_job(trainer={"tokens_per_microbatch": 8192})
    before = settings(job)
    changed = {
        words: {name: value for name, value in settings(made).items() if value != before[name]}
        for words, made in tried(job).items()
    }
    lora = changed.pop(LORA)
    assert list(lora) == ["policy.lora"]
    assert lora["policy.lora"]["rank"] == 16
    assert changed == {
        BFLOAT16: {"policy.dtype": "bfloat16"},
        CHECKPOINTING: {"trainer.gradient_checkpointing": True},
        "`trainer.tokens_per_microbatch: 2048`": {"trainer.tokens_per_microbatch": 2048},
        **{
            f"`trainer.ranks: {ranks}` and `zero_stage: 3`": {"trainer.ranks": ranks, "trainer.zero_stage": 3}
            for ranks in (2, 8, 32, 64)
        },
        "`trainer.offload.optimizer: cpu` and `trainer.zero_stage: 1`": {
            **{"trainer.offload": {"optimizer": "cpu", "parameters": None}, "trainer.zero_stage": 1},
        },
        "`reference.where: trainer` and `trainer.zero_stage: 3`": {"trainer.zero_stage": 3},
        **{f"`rollout.tensor_parallel: {parallel}`": {"rollout.tensor_parallel": parallel} for parallel in (2, 4, 8)},
    }


def test_what_is_so_already_is_not_tried(make_job: MakeJob) -> None:
    job = make_job(
        **SPARED,
        trainer={"ranks": 8, "gradient_checkpointing": True, "tokens_per_microbatch": 3},
        rollout={"tensor_parallel": 4},
    )
    assert list(tried(job)) == [
        "`trainer.offload.optimizer: cpu`",
        "`trainer.ranks: 32` and `zero_stage: 3`",
        "`trainer.ranks: 64` and `zero_stage: 3`",
        "`rollout.tensor_parallel: 8`",
    ]
    most = make_job(
        **SPARED,
        trainer={"ranks": 64, "gradient_checkpointing": True, "tokens_per_microbatch": 3, "offload": OFFLOAD},
        rollout={"tensor_parallel": 8},
    )
    assert tried(most) == {}


@pytest.mark.parametrize(("after", "named"), [(950.0, {CHECKPOINTING: 950.0}), (951.0, {})])
def test_a_change_is_named_that_spares_a_twentieth(make_job: MakeJob, after: float, named: dict[str, float]) -> None:
    def need(job: Job) -> float:
        return after if job.trainer.gradient_checkpointing else 1000.0

    assert savings(make_job(), need) == named
