"""Two ranks, two processes, train as one does."""

import gc
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.multiprocessing as mp
from depths import deep
from training_cases import (
    BUCKET,
    WHOLE,
    assert_close,
    assert_same_bits,
    free_port,
    make_examples,
    make_job,
    make_trainer,
    metrics,
    pair_job,
    weights,
)

from raylign.loop.packing import pack
from raylign.methods.sparsepo import SparsePO
from raylign.spec import Job
from raylign.types import Example, StepStats

pytestmark = pytest.mark.filterwarnings("ignore")  # DeepSpeed's own


def figures(stats: StepStats) -> tuple[float, ...]:
    """The norm as well: AdamW hardly feels a gradient that is off by the number of ranks."""
    return stats.loss, stats.grad_norm, *metrics(stats).values(), *stats.grad_norm_by_task.values()


def run_rank(rank: int, ports: list[int], jobs: list[Job], shares: list[list[list[list[Example]]]], out: str) -> None:
    """One of two ranks: three steps of every job, its figures and weights into ``out``; then a step made twice."""
    gc.freeze()  # DeepSpeed collects garbage often: not that of imports
    results = []
    for port, job in zip(ports, jobs, strict=True):
        trainer = make_trainer(job, rank=rank, world_size=2, port=port)
        stats = [trainer.step(step, share[rank]) for step, share in enumerate(shares)]
        logprobs = trainer.score([s for example in make_examples(9) for s in example.sequences])
        results.append(([figures(s) for s in stats], logprobs, weights(trainer)))
        Path(out, "checkpoint").mkdir(exist_ok=True)
        trainer.save(f"{out}/checkpoint")
        first = (trainer.step(3, shares[0][rank]), [bucket.table for bucket in trainer.export(BUCKET)])
        trainer.load(f"{out}/checkpoint")
        again = (trainer.step(3, shares[0][rank]), [bucket.table for bucket in trainer.export(BUCKET)])
        assert again == first  # of names and checksums
        assert bool(first[1]) == (rank == 0)
        trainer.shutdown()
    torch.save(results, f"{out}/{rank}.pt")


def one_rank(job: Job, batches: list[list[Example]], *, rel: float = 1e-5) -> tuple[list[Any], dict[str, torch.Tensor]]:
    """What two ranks must come near: the figures of every step, and the weights after the last."""
    trainer = make_trainer(job)
    stats = [
        trainer.step(step, pack(batch, ranks=1, tokens_per_microbatch=WHOLE)[0]) for step, batch in enumerate(batches)
    ]
    trained = weights(trainer)
    trainer.shutdown()
    return [pytest.approx(figures(s), rel=rel, abs=1e-7) for s in stats], trained


ADAPTERS = {"rank": 4}


@deep(
    "cases",
    short=[(1, ADAPTERS), (3, None)],
    whole=[(0, None), (1, None), (2, None), (3, None), (1, ADAPTERS), (3, ADAPTERS)],
)
def test_two_ranks_train_as_one_does(
    model: Path, tmp_path: Path, cases: list[tuple[int, dict[str, int] | None]]
) -> None:
    jobs = [make_job(model, zero_stage=stage, ranks=2, lora=lora, task_norms_every=1) for stage, lora in cases]
    # The twin of one of them, which measures no task's norm.
    jobs.append(make_job(model, zero_stage=3, ranks=2, task_norms_every=0))
    # Masks are trained beside the policy; in the last step nobody has an example of theirs.
    masked = pair_job(model, SparsePO(beta=1.0), zero_stage=2, ranks=2)
    jobs.append(masked)
    # The last step's examples are too few for both: one rank gets empty microbatches.
    batches = [make_examples(0), make_examples(1), make_examples(2)[:1]]
    shares = [pack(examples, ranks=2, tokens_per_microbatch=150) for examples in batches]
    # Forked, for importing what they need takes a process longer than they take; none has a group yet.
    given = ([free_port() for _ in jobs], jobs, shares, str(tmp_path))
    mp.start_processes(run_rank, given, nprocs=2, start_method="fork")
    full, adapted = (one_rank(make_job(model, lora=lora, task_norms_every=1), batches) for lora in (None, ADAPTERS))
    first, second = (torch.load(tmp_path / f"{rank}.pt") for rank in (0, 1))
    assert_same_bits(first[cases.index((3, None))][2], first[-2][2])
    alone = pair_job(model, SparsePO(beta=1.0), zero_stage=2)
    expected, trained = one_rank(alone, batches, rel=1e-3)
    assert first[-1][0] == second[-1][0] == expected
    assert_close(first[-1][2], trained, 1e-5)
    for (_, lora), (ours, logprobs, tensors), (theirs, other_logprobs, nothing) in zip(
        cases, first[: len(cases)], second[: len(cases)], strict=True
    ):
        expected, trained = adapted if lora else full
        assert ours == theirs == expected
        assert logprobs == other_logprobs
        assert nothing == {}
        assert_close(tensors, trained, 1e-5)
