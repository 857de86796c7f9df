from collections.abc import Callable
from dataclasses import replace

import pytest

from raylign.plan.memory.activations import CHUNKS, Batch
from raylign.plan.memory.scoring import CHILD, JUDGE, PROCESS, judge, reference, reward
from raylign.plan.model_files import ModelInfo
from raylign.rewards.raters import Head
from raylign.spec import Job

MakeJob = Callable[..., Job]

BATCH = Batch(rows=3, prompt=2, response=4)


def test_a_reference_keeps_no_layer_s_activations(make_job: MakeJob, tiny: ModelInfo) -> None:
    assert reference(make_job(), tiny, [BATCH], device="cpu") == {
        "process": PROCESS,
        "weights": 4 * 340,
        "activations": 18 * 4 * (4 * 4 + 3 * 6),
        "logits": 12 * 10 * 4 + CHUNKS["cpu"],
    }


def test_files_of_another_precision_are_in_memory_with_what_they_become(make_job: MakeJob, tiny: ModelInfo) -> None:
    large = {name: replace(tensor, nbytes=2**40) for name, tensor in tiny.tensors.items()}
    found = reference(make_job(dtype="bfloat16"), replace(tiny, tensors=large), [BATCH], device="cpu")
    assert found == {"process": PROCESS, "weights": 2 * 340, "loading": len(large) * 2**40}


def test_reward_models_are_held_together_and_work_by_turns(tiny: ModelInfo) -> None:
    assert reward([Head("a"), Head("b")], [tiny, tiny], [BATCH], device="cpu") == {
        "process": PROCESS,
        "weights": 2 * 4 * 340,
        "activations": 18 * 4 * (4 * 4 + 3 * 6),
    }


def test_each_child_of_a_judge_counts(make_job: MakeJob) -> None:
    assert judge(make_job(judging={"processes": 5})) == {"process": JUDGE, "children": 5 * CHILD}


def test_a_reward_model_s_settings_are_reckoned_with(tiny: ModelInfo) -> None:
    """Half the width; over three GPUs a third of the weights on each; two rows of six tokens in a pass."""
    low, spread, few = Head("m", dtype="bfloat16"), Head("m", gpus=3), Head("m", tokens_per_batch=13)
    assert reward([low], [tiny], [BATCH], device="cpu")["weights"] == 2 * 340
    assert reward([spread], [tiny], [BATCH], device="cuda")["weights"] == pytest.approx(4 * 340 / 3)
    assert reward([spread], [tiny], [BATCH], device="cpu")["weights"] == 4 * 340
    assert reward([few], [tiny], [BATCH], device="cpu")["activations"] == 12 * 4 * (4 * 4 + 3 * 6)
