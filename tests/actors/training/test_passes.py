"""Which passes a rank makes; what they give stands in `test_trainer.py` and `test_update.py`."""

from pathlib import Path
from typing import Any

import pytest
from training_cases import make_examples, make_job

from actors.training.passes import Passes
from raylign.loop.packing import pack, shape


def make_passes(**trainer: Any) -> Passes:
    losses: Any = dict.fromkeys(("alone", "idle", "paired"))
    return Passes(None, losses, make_job(Path("policy"), **trainer), ends=(), world_size=1, device="cpu")


@pytest.mark.usefixtures("one_rank")
def test_a_tasks_passes_hold_its_examples_alone_within_the_budget() -> None:
    examples = make_examples()
    (microbatches,) = pack(examples, ranks=1, tokens_per_microbatch=80)
    shares = make_passes(tokens_per_microbatch=80).by_task(microbatches)
    assert list(shares) == ["alone", "paired"]  # a task that no rank has examples of takes no pass
    for task, share in shares.items():
        held = [example for microbatch in share for example in microbatch]
        assert sorted(map(repr, held)) == sorted(repr(example) for example in examples if example.task == task)
        for microbatch in share:
            joined = shape(microbatch[0])
            for example in microbatch[1:]:
                joined |= shape(example)
            assert joined.area <= 80


def test_prompts_are_shared_where_ranks_may_differ_and_keys_are_kept() -> None:
    assert make_passes(zero_stage=2).share_prompts
    assert not make_passes(zero_stage=3).share_prompts
    assert not make_passes(gradient_checkpointing=True).share_prompts
