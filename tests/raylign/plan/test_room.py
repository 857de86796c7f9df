"""Room beside the plans that are carried out, worked out by hand."""

from dataclasses import replace

import pytest
from jobs import EXAMPLES

from raylign.plan.cluster import Cluster, Node
from raylign.plan.memory.terms import GIB, STORE, Device
from raylign.plan.plan import ActorPlan, Plan
from raylign.plan.resolve import make_plan
from raylign.plan.room import largest, needs, room_beside
from raylign.spec import load_job

NODE = Node(cpus=4, gpus=2, memory_bytes=10 * GIB)


@pytest.fixture(scope="module")
def whole() -> Plan:
    return make_plan(load_job(EXAMPLES / "crpg.yaml"), Cluster(nodes=(replace(NODE, gpus=8),)))


def plan(whole: Plan, *actors: tuple[float, float, float], device: Device = "cuda", pages: float = 0) -> Plan:
    """Of actors with so many CPUs, GPUs and GiB."""
    made: list[ActorPlan] = [
        replace(
            whole.actors[0],
            cpus=cpus,
            gpus=gpus,
            memory={"weights": memory * GIB, **({STORE: pages * GIB} if pages else {})},
        )
        for cpus, gpus, memory in actors
    ]
    return replace(whole, device=device, actors=tuple(made))


def test_gpus_are_counted_node_by_node(whole: Plan) -> None:
    two = Cluster(nodes=(NODE, NODE))
    job = plan(whole, (1, 1, 99), (1, 1, 99), (1, 0, 0))
    room = room_beside(two, [job])
    assert [(node.cpus, node.gpus) for node in room.nodes] == [(1, 0), (4, 2)]
    assert room.less(job) is not None
    assert room_beside(two, [job, job]).less(plan(whole, (0.25, 1, 0))) is None
    # Two GPUs are left, on two nodes: no actor takes both.
    apart = room_beside(two, [plan(whole, (1, 1, 0)), plan(whole, (1, 2, 0))])
    assert sum(node.gpus for node in apart.nodes) == 1
    halves = room_beside(two, [plan(whole, (4, 1, 0)), plan(whole, (4, 1, 0))])
    assert halves.less(plan(whole, (0, 2, 0))) is None


def test_on_cpu_memory_is_counted_and_shared_pages_once(whole: Plan) -> None:
    one = Cluster(nodes=(NODE,))
    job = plan(whole, (0.25, 0, 2), (0.25, 0, 2), device="cpu", pages=1)
    assert needs(job) == "0.5 CPU, 5.0 GiB"
    room = room_beside(one, [job])
    assert str(room) == "3.5 CPU, 2 GPU, 5.0 GiB"
    assert room.less(job) is not None
    assert room_beside(one, [job, job]).less(plan(whole, (0.25, 0, 0.5), device="cpu")) is None


def test_quarters_of_a_cpu_add_up(whole: Plan) -> None:
    tenth = plan(whole, *[(0.1, 0, 0)] * 10)
    assert room_beside(Cluster(nodes=(NODE,)), [tenth] * 3).less(tenth) is not None


def test_a_plan_that_never_fitted_takes_nothing_from_the_others(whole: Plan) -> None:
    large, small = plan(whole, (99, 0, 0)), plan(whole, (1, 0, 0))
    assert str(room_beside(Cluster(nodes=(NODE,)), [large, small])).startswith("3 CPU")


def test_of_stages_the_one_that_takes_most_counts(whole: Plan) -> None:
    stages = [plan(whole, (9, 1, 0)), plan(whole, (1, 1, 0), (1, 1, 0)), plan(whole, (2, 1, 0))]
    assert largest(stages) is stages[1]
