"""What vLLM is told of a transfer between GPUs, put to vLLM's own classes; none is here to run it on."""

import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import ray
from engine_process import Call

from actors.loading import load_policy
from actors.training.whole_weights import WholeWeights
from actors.weights.gpu_transfer import EngineClient, Route, ranked, trainer_info, weight_source
from benchmarks.parity import policy
from raylign.errors import DeadlineExpired, PublishFailed

ROUTE = Route(
    carrier="nccl",
    engines=("a", "b", "c"),
    tensor_parallel=2,
    master_addr="10.0.0.1",
    master_port=2900,
    bucket_bytes=2**26,
    seconds=5,
)


def joined(route: Route) -> tuple[dict[str, Any], list[int]]:
    """What rank 0 joins with, and the first rank of every engine, as vLLM reads them."""
    from vllm.distributed.weight_transfer.nccl_common import NCCLWeightTransferInitInfo, worker_init_payload

    sender = trainer_info(route, 0)
    assert sender.is_sender
    assert not trainer_info(route, 1).is_sender
    told = NCCLWeightTransferInitInfo(
        master_address=sender.master_address,
        master_port=sender.master_port,
        rank_offset=1,
        world_size=sender.world_size,
        packed=sender.packed,
    )
    infos = [NCCLWeightTransferInitInfo(**info) for info in ranked(worker_init_payload(told), route)]
    return asdict(sender), [info.rank_offset for info in infos]


def shared(route: Route) -> dict[str, Any]:
    from vllm.distributed.weight_transfer.ipc_engine import IPCWeightTransferInitInfo

    info = trainer_info(replace(route, carrier="cuda_ipc"), 1)
    (first, *_) = ranked({"packed": info.packed}, route)
    assert IPCWeightTransferInitInfo(**first).packed
    return {"backend": info.backend, **asdict(info)}


def checked(model: str) -> tuple[int, int]:
    """How many tensors vLLM's sender finds as they were declared, and how many there are."""
    from vllm.distributed.weight_transfer.nccl_engine import NCCLTrainerWeightTransferEngine

    made = load_policy(model, dtype="float32", device="cpu")
    source = weight_source(WholeWeights(made, made, None, sharded=False, rank=0))
    sent = list(NCCLTrainerWeightTransferEngine._checked_iter(source, source.metadata()))
    return len(sent), len(source.metadata())


@pytest.mark.vllm
def test_every_engine_joins_at_ranks_of_its_own(vllm_process: Call) -> None:
    sender, firsts = vllm_process(joined, ROUTE)
    assert sender["world_size"] == 7
    assert (sender["master_address"], sender["master_port"]) == ("10.0.0.1", 2900)
    assert (sender["packed"], sender["packed_buffer_size_bytes"]) == (True, 2**26)
    assert firsts == [1, 3, 5]


@pytest.mark.vllm
def test_a_shared_gpu_needs_no_ranks(vllm_process: Call) -> None:
    info = vllm_process(shared, ROUTE)
    assert info == {"backend": "ipc", "rank": 1, "packed": True, "packed_buffer_size_bytes": 2**26}


@pytest.mark.vllm
@pytest.mark.parametrize("architecture", ["llama-tied", "qwen3_moe"])
def test_weights_come_as_they_were_declared(vllm_process: Call, folder: Path, architecture: str) -> None:
    sent, declared = vllm_process(checked, str(policy(folder, architecture, 0)))
    assert sent == declared > 10


@pytest.mark.ray
@pytest.mark.usefixtures("on_shared_ray")
def test_engines_are_told_together_under_a_deadline() -> None:
    class Engine:
        """A rollout worker that notes what it is told, and fails or dawdles where it is asked to."""

        def __init__(self) -> None:
            self.told: list[Any] = []

        def call(self, method: str, *args: Any) -> Any:
            if method == "told":
                return self.told
            step, payload = args
            if payload == "fail":
                raise PublishFailed("a shape is wrong")
            if payload == "hang":
                time.sleep(30)
            self.told.append((step, payload))
            return None

    engines = tuple(ray.remote(num_cpus=0)(Engine).remote() for _ in range(2))
    client = EngineClient(replace(ROUTE, engines=engines, seconds=60))
    client.init_weight_transfer_engine({"rank_offset": 1, "world_size": 5})
    client.start_weight_update()
    client.update_weights({"names": ["w"]})
    client.finish_weight_update("7")
    told = ray.get([engine.call.remote("told") for engine in engines], timeout=60)
    steps = [("start", None), ("update", {"names": ["w"]}), ("finish", None)]
    assert [one[1:] for one in told] == [steps, steps]
    assert [one[0][1]["rank_offset"] for one in told] == [1, 3]
    with pytest.raises(PublishFailed, match="a shape is wrong"):
        client.update_weights("fail")
    with pytest.raises(DeadlineExpired, match="did not answer 'update' of nccl within 0.5 s"):
        EngineClient(replace(ROUTE, engines=engines, seconds=0.5)).update_weights("hang")
