from collections.abc import Callable
from dataclasses import replace

from raylign.judges.askers import Engine
from raylign.plan.memory.activations import Batch
from raylign.plan.memory.sampling import VLLM, llm_judge, rollout
from raylign.plan.memory.terms import CONTEXT, GIB, STORE
from raylign.plan.model_files import ModelInfo
from raylign.spec import Job

MakeJob = Callable[..., Job]

BATCH = Batch(rows=1, prompt=2, response=4)
SAMPLING = 4 * 256 * 10 * 4


def test_an_engine_s_terms(make_job: MakeJob, tiny: ModelInfo) -> None:
    assert rollout(make_job(rollout={"memory_gb": 2.0}), tiny, [BATCH], device="cpu") == {
        "process": VLLM,
        "weights": 4 * 340,
        "KV cache": 2 * GIB,
        "sampling": SAMPLING,
        "reload": 3 * 4 * 40,
        STORE: 2 * 4 * 340,
    }


def test_a_tied_output_layer_is_packed_beside_the_embedding(make_job: MakeJob, tiny: ModelInfo) -> None:
    tied = replace(tiny, tensors={name: one for name, one in tiny.tensors.items() if name != "lm_head.weight"})
    assert rollout(make_job(), tied, [BATCH], device="cpu")["weights"] == 4 * (300 + 40)


def test_gpus_of_an_engine_share_weights_and_cache(make_job: MakeJob, tiny: ModelInfo) -> None:
    job = make_job(dtype="bfloat16", rollout={"tensor_parallel": 2})
    assert rollout(job, tiny, [BATCH], device="cuda") == {
        "process": CONTEXT,
        "weights": 2 * 340 / 2,
        "KV cache": 6 * 2 * (2 + 2) * 2 / 2,  # of one sequence of 6 tokens, 2 layers, 2 keys and 2 values
        "sampling": SAMPLING,
        "reload": 3 * 2 * 40 / 2,
    }


def test_the_plain_engine_holds_two_models_while_it_takes_new_weights(make_job: MakeJob, tiny: ModelInfo) -> None:
    found = rollout(make_job(rollout={"engine": "transformers"}), tiny, [BATCH], device="cpu")
    assert (found["weights"], found["reload"]) == (4 * 340, 4 * 340)


def test_a_judge_is_held_as_its_files_are_and_takes_no_weights(make_job: MakeJob, tiny: ModelInfo) -> None:
    half = replace(tiny, tensors={name: replace(one, dtype="bfloat16") for name, one in tiny.tensors.items()})
    found = llm_judge(make_job(), Engine(model="org/m"), half, [BATCH], device="cpu")
    assert found["weights"] == 2 * 340
    assert not {"reload", STORE} & found.keys()
