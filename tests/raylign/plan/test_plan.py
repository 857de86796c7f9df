"""A plan's sums: what processes share counts once, and what is not known is no number."""

import json

from raylign.plan.demand import Role
from raylign.plan.memory.terms import STORE, Terms
from raylign.plan.plan import ActorPlan, Plan, memory_by_role, read_plan


def actor(role: Role, index: int, memory: Terms, *unknown: str) -> ActorPlan:
    return ActorPlan(
        name=f"{role}/{index}", role=role, index=index, cpus=1, gpus=0, threads=1, model="org/m", memory=memory,
        unknown=unknown,
    )  # fmt: skip


def plan(*actors: ActorPlan) -> Plan:
    return Plan(
        job="job", steps=1, device="cpu", tasks=(), actors=actors, samples_per_step=1, tokens_per_step=1,
        microbatches_per_step=1, checkpoint_bytes=None, max_staleness=0,
    )  # fmt: skip


KNOWN = (
    actor("policy", 0, {"weights": 100, STORE: 40}),
    actor("policy", 1, {"weights": 100}),
    actor("rollout", 0, {"weights": 50, "KV cache": 7, STORE: 60}),
    actor("rollout", 1, {"weights": 50, "KV cache": 7, STORE: 60}),
    actor("judge", 0, {"process": 3}),
)


def test_shared_pages_are_counted_once_at_their_largest() -> None:
    assert memory_by_role(KNOWN) == {"policy": 200, "rollout": 114, "judge": 3, STORE: 60}
    assert plan(*KNOWN).memory_bytes == 200 + 114 + 3 + 60


def test_an_actor_s_own_memory_has_its_pages() -> None:
    assert [one.memory_bytes for one in KNOWN] == [140, 100, 117, 117, 3]


def test_where_nothing_is_shared_nothing_is_said_of_it() -> None:
    assert memory_by_role(KNOWN[1:2]) == {"policy": 100}
    assert plan().memory_bytes == 0


def test_actors_are_found_by_role_in_their_order() -> None:
    assert [one.name for one in plan(*KNOWN).of("rollout")] == ["rollout/0", "rollout/1"]
    assert plan(*KNOWN).of("reward") == []


def test_plain_data_has_the_sums() -> None:
    said = json.loads(json.dumps(plan(*KNOWN).to_dict()))
    assert said["memory_bytes"] == 377
    assert [one["memory_bytes"] for one in said["actors"]] == [140, 100, 117, 117, 3]
    assert said["actors"][2]["memory"] == {"weights": 50, "KV cache": 7, STORE: 60}


def test_an_unknown_model_is_named_once_and_leaves_no_sum() -> None:
    reward = actor("reward", 0, {"process": 5}, "org/b", "org/a")
    made = plan(*KNOWN, reward, actor("llm-judge", 0, {"process": 6}, "org/a"))
    assert made.unknown == ["org/b", "org/a"]
    said = made.to_dict()
    assert said["memory_bytes"] is None
    assert [one["memory_bytes"] for one in said["actors"]] == [140, 100, 117, 117, 3, None, None]
    assert made.memory_bytes == 377 + 5 + 6  # as far as it is known


def test_a_plan_is_read_from_its_plain_data():
    made = plan(*KNOWN)
    assert read_plan(json.loads(json.dumps(made.to_dict()))) == made
