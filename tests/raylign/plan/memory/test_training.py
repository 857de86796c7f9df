"""Bytes a parameter, counted by hand for 340 parameters."""

from collections.abc import Callable
from typing import Any

import pytest
from pairs_job import pairs_job

from raylign.plan.memory.activations import Batch, logits
from raylign.plan.memory.terms import CONTEXT, STORE, Device, Terms
from raylign.plan.memory.training import PROCESS, checkpoint, offloaded, policy, stage_of
from raylign.plan.model_files import ModelInfo
from raylign.spec import Job

MakeJob = Callable[..., Job]

BATCH = Batch(rows=3, prompt=2, response=4)


def terms(make_job: MakeJob, info: ModelInfo, *, device: Device = "cpu", rank: int = 0, **settings: Any) -> Terms:
    return policy(make_job(**settings), info, [BATCH], device=device, rank=rank)


def test_float32_takes_sixteen_bytes_a_parameter(make_job: MakeJob, tiny: ModelInfo) -> None:
    found = terms(make_job, tiny)
    assert (found["weights"], found["optimizer"], found["gradients"]) == (4 * 340, 8 * 340, 4 * 340)
    assert (found["process"], found[STORE]) == (PROCESS, 2 * 4 * 340)
    assert "reduction" not in found


def test_bfloat16_takes_eighteen_for_its_gradients_are_float32(make_job: MakeJob, tiny: ModelInfo) -> None:
    found = terms(make_job, tiny, dtype="bfloat16")
    assert (found["weights"], found["optimizer"], found["gradients"]) == (2 * 340, (4 + 8) * 340, 4 * 340)
    assert (found["reduction"], found[STORE]) == (4 * 340, 2 * 2 * 340)


def test_adapters_are_all_that_is_trained(make_job: MakeJob, tiny: ModelInfo) -> None:
    found = terms(make_job, tiny, dtype="bfloat16", lora={"rank": 2})
    # In each layer q 2 (4 + 4), k and v 2 (2 + 4), o 2 (4 + 4), and three times 2 (6 + 4) in the MLP.
    adapters = 2 * (16 + 12 + 12 + 16 + 3 * 20)
    assert found["weights"] == 2 * (340 + adapters)
    assert (found["optimizer"], found["gradients"]) == (12 * adapters, 4 * adapters)
    assert found["merged weights"] == 2 * 120 * 2
    assert terms(make_job, tiny, lora={"rank": 2})["merged weights"] == 2 * 120 * 4


@pytest.mark.parametrize(
    ("stage", "weights", "optimizer", "gradients"),
    [(0, 4 * 340, 8 * 340, 4 * 340), (1, 4 * 340, 3 * 340, 340), (2, 4 * 340, 3 * 340, 340), (3, 340, 3 * 340, 340)],
)
def test_ranks_share(
    make_job: MakeJob, tiny: ModelInfo, stage: int, weights: int, optimizer: int, gradients: int
) -> None:
    found = terms(make_job, tiny, trainer={"ranks": 4, "zero_stage": stage}, rank=1)
    assert (found["weights"], found["optimizer"], found["gradients"]) == (weights, optimizer, gradients)
    assert STORE not in found  # rank 0 publishes


def test_what_is_offloaded_is_on_the_host(make_job: MakeJob, tiny: ModelInfo) -> None:
    def gpu_and_host(stage: int, **offload: str) -> tuple[Terms, Terms]:
        job = make_job(dtype="bfloat16", trainer={"ranks": 4, "zero_stage": stage, "offload": offload})
        return policy(job, tiny, [BATCH], device="cuda", rank=1), offloaded(job, tiny)

    gpu, host = gpu_and_host(3, optimizer="cpu", parameters="cpu")
    assert host == {"optimizer": 12 * 85, "gradients": 2 * 4 * 85, "weights": 2 * 85}
    assert not {"optimizer", "gradients", "weights"} & gpu.keys()
    assert gpu["gathered weights"] == 2 * 340
    gpu, host = gpu_and_host(3, parameters="cpu")
    assert (host, gpu["optimizer"], "weights" in gpu) == ({"weights": 2 * 85}, 12 * 85, False)
    gpu, host = gpu_and_host(2, optimizer="cpu")
    assert host == {"optimizer": 12 * 85, "gradients": 4 * 85, "updated weights": 2 * 85}
    assert (gpu["weights"], gpu["gradients"], "optimizer" in gpu) == (2 * 340, 4 * 85, False)
    # Without a GPU all of it is the process's, what the host needs besides included.
    held = terms(make_job, tiny, trainer={"ranks": 4, "zero_stage": 3, "offload": {"optimizer": "cpu"}}, rank=1)
    assert (held["optimizer"], held["gradients"], held["weights"]) == (12 * 85, 8 * 85, 4 * 85)


def test_deepspeed_s_own_numbers_are_reckoned_with(make_job: MakeJob, tiny: ModelInfo) -> None:
    zero = {"reduce_bucket_size": 10, "overlap_comm": True, "stage3_max_live_parameters": 100}
    found = terms(make_job, tiny, trainer={"ranks": 4, "zero_stage": 3, "zero": zero})
    assert (found["gathered weights"], found["reduction"]) == (4 * 100, 2 * 10 * (4 + 4))


def test_zero_3_gathers_weights_to_work_and_to_publish(make_job: MakeJob, tiny: ModelInfo) -> None:
    found = terms(make_job, tiny, trainer={"ranks": 4, "zero_stage": 3})
    assert (found["gathered weights"], found["weights to publish"]) == (4 * 340, 4 * 340)


def test_a_gpu_needs_the_largest_phase(make_job: MakeJob, tiny: ModelInfo) -> None:
    found = terms(make_job, tiny, device="cuda", dtype="bfloat16")
    assert found["process"] == CONTEXT
    assert {"activations", "logits"} <= found.keys()
    assert not {"reduction", STORE} & found.keys()


def test_a_loss_of_whole_distributions_has_the_reference_beside_the_policy(tiny: ModelInfo) -> None:
    def of(**model: Any) -> Terms:
        job = pairs_job(task={"method": {"type": "tdpo"}}, policy={"model": "org/policy", "dtype": "float32", **model})
        return policy(job, tiny, [BATCH], device="cpu", rank=0)

    assert of()["reference"] == 4 * 340
    assert tiny.dimensions is not None
    assert of()["reading"] == logits(tiny.dimensions, BATCH, width=4, device="cpu", gradient=False)
    adapted = of(lora={"rank": 2})
    assert "reference" not in adapted  # it is the policy without its adapters
    assert "reading" in adapted


def test_of_tasks_the_one_that_needs_most_counts(make_job: MakeJob, tiny: ModelInfo) -> None:
    longer = Batch(rows=3, prompt=2, response=400)
    found = policy(make_job(), tiny, [BATCH, longer], device="cpu", rank=0)
    assert found["activations"] == policy(make_job(), tiny, [longer], device="cpu", rank=0)["activations"]


def test_a_checkpoint_has_the_policy_and_what_training_goes_on_from(make_job: MakeJob, tiny: ModelInfo) -> None:
    assert checkpoint(make_job(), tiny) == 340 * (4 + 4 + 8)
    assert checkpoint(make_job(dtype="bfloat16"), tiny) == 340 * (2 + 2 + 12)


def test_half_precision_with_masks_is_trained_at_stage_2() -> None:
    for dtype, stage in (("bfloat16", 2), ("float32", 0)):
        job = pairs_job(task={"method": {"type": "sparsepo"}}, policy={"model": "org/policy", "dtype": dtype})
        assert stage_of(job) == stage


def test_half_precision_is_trained_at_stage_1_at_least(make_job: MakeJob) -> None:
    assert [stage_of(make_job(dtype=dtype)) for dtype in ("float32", "bfloat16")] == [0, 1]
