from collections.abc import Callable
from dataclasses import replace

from raylign.plan.memory.activations import CHUNKS, Batch
from raylign.plan.memory.scoring import CHILD, JUDGE, PROCESS, judge, reference, reward
from raylign.plan.model_files import ModelInfo
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
    assert reward([tiny, tiny], [BATCH], device="cpu") == {
        "process": PROCESS,
        "weights": 2 * 4 * 340,
        "activations": 18 * 4 * (4 * 4 + 3 * 6),
    }


def test_each_child_of_a_judge_counts(make_job: MakeJob) -> None:
    assert judge(make_job(judging={"processes": 5})) == {"process": JUDGE, "children": 5 * CHILD}
