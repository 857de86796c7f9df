"""What each actor is reckoned with: its model, and batches counted by hand of a job of two tasks."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from raylign.judges.askers import Engine
from raylign.methods import VCB
from raylign.plan.demand import BEFORE, Demand, Role
from raylign.plan.memory.activations import Batch
from raylign.plan.memory.sampling import llm_judge, rollout
from raylign.plan.memory.scoring import judge, reference, reward
from raylign.plan.memory.terms import CONTEXT
from raylign.plan.memory.training import policy
from raylign.plan.model_files import ModelInfo
from raylign.rewards.model import ModelReward
from raylign.rewards.raters import Head
from raylign.spec import Job

SHORT, LONG = 10, 40
"""Tokens that the two tasks' responses may have: the task's own bound, and the rollout's."""
TOKENS = 5 + SHORT, 20 + LONG
"""Of one prompt of 5 and 20 tokens with its response."""


@pytest.fixture
def job(make_job: Callable[..., Job]) -> Callable[..., Job]:
    def build(**trainer: Any) -> Job:
        task = {"prompts": {"path": "prompts.jsonl"}, "reward": {"model": "org/rm"}, "method": {"type": "grpo"}}
        task["judges"] = [{"type": "rubric", "model": "org/m", "rubric": "explanation", "threshold": 1}]
        return make_job(
            trainer=trainer,
            rollout={"max_tokens": LONG},
            tasks=[
                {**task, "name": "short", "prompts_per_step": 3, "samples_per_prompt": 5, "max_tokens": SHORT},
                {**task, "name": "long", "prompts_per_step": 2, "samples_per_prompt": 4},
            ],
        )

    return build


@pytest.fixture
def demand(tiny: ModelInfo) -> Demand:
    models = {"org/m": tiny, "org/rm": tiny, "org/far": None, "org/strange": replace(tiny, dimensions=None)}
    return Demand(device="cpu", models=models, prompt_tokens={"short": 5, "long": 20})


def batches(short: int, long: int) -> list[Batch]:
    return [Batch(rows=short, prompt=5, response=SHORT), Batch(rows=long, prompt=20, response=LONG)]


@pytest.mark.parametrize(
    ("ranks", "budget", "rows"),
    [
        (1, 1000, (15, 8)),  # all samples: 3 * 5 and 2 * 4
        (2, 1000, (8, 4)),  # a rank's part, rounded up
        (3, 1000, (5, 3)),
        (4, 1000, (4, 2)),
        (1, 150, (10, 2)),  # 150 // 15 and 150 // 60
        (1, 59, (3, 1)),  # a sequence beyond the budget goes alone
    ],
)
def test_a_policy_s_microbatch_is_a_rank_s_samples_within_the_token_budget(
    job: Callable[..., Job], demand: Demand, tiny: ModelInfo, ranks: int, budget: int, rows: tuple[int, int]
) -> None:
    made = job(ranks=ranks, tokens_per_microbatch=budget)
    found = demand.of(made, "policy", ["org/m"], rank=0)
    assert found == policy(made, tiny, batches(*rows), device="cpu", rank=0)
    most = max(many * tokens for many, tokens in zip(rows, TOKENS, strict=True))
    # A token keeps 6 * 4 + 2 * 4 + 2 * 2 + 4 * 6 numbers in each of 2 layers, and 12 beside them.
    assert found["activations"] == most * 4 * (2 * 60 + 12)


def test_a_term_of_all_of_a_prompt_s_responses_is_never_split(
    job: Callable[..., Job], demand: Demand, tiny: ModelInfo
) -> None:
    made = job(ranks=1, tokens_per_microbatch=59)
    tasks = tuple(task.model_copy(update={"method": VCB()}) for task in made.tasks)
    made = made.model_copy(update={"tasks": tasks})
    assert demand.of(made, "policy", ["org/m"], rank=0) == policy(made, tiny, batches(5, 4), device="cpu", rank=0)


def test_the_reference_s_batches_are_not_shared_among_ranks(
    job: Callable[..., Job], demand: Demand, tiny: ModelInfo
) -> None:
    made = job(ranks=4, tokens_per_microbatch=10_000)
    assert demand.of(made, "reference", ["org/m"], rank=0) == reference(made, tiny, batches(15, 8), device="cpu")


def test_each_other_role_is_reckoned_as_it_works(job: Callable[..., Job], demand: Demand, tiny: ModelInfo) -> None:
    made = job()
    single, groups = batches(1, 1), batches(5, 4)
    expected = {
        "rollout": rollout(made, tiny, single, device="cpu"),
        "llm-judge": llm_judge(made, Engine(model="org/m"), tiny, single, device="cpu"),
        "reward": reward([Head("org/rm")], [tiny], groups, device="cpu"),  # one prompt's responses at once
        "judge": judge(made),
    }
    roles: tuple[Role, ...] = ("rollout", "llm-judge", "reward", "judge")
    models = {"judge": []}
    assert {role: demand.of(made, role, models.get(role, ["org/m"]), rank=0) for role in roles} == expected


def test_only_rank_0_publishes(job: Callable[..., Job], demand: Demand) -> None:
    made = job(ranks=2)
    first, second = (demand.of(made, "policy", ["org/m"], rank=rank) for rank in (0, 1))
    assert first.keys() - second.keys() == {"object store"}


def test_reward_models_of_one_actor_are_all_held(job: Callable[..., Job], demand: Demand) -> None:
    made = job()
    (short, long) = made.tasks
    other = long.model_copy(update={"reward": ModelReward(model="org/m", dtype="bfloat16")})
    made = made.model_copy(update={"tasks": (short, other)})
    assert demand.of(made, "reward", ["org/rm", "org/m"], rank=0)["weights"] == (4 + 2) * 340


@pytest.mark.parametrize("stranger", ["org/far", "org/strange", "org/unheard"])
def test_one_unknown_model_leaves_the_process_alone(job: Callable[..., Job], demand: Demand, stranger: str) -> None:
    assert demand.unknown(["org/rm", stranger, "org/m"]) == (stranger,)
    assert demand.of(job(), "reward", ["org/rm", stranger], rank=0) == {"process": BEFORE["reward"]}
    on_gpu = replace(demand, device="cuda")
    assert on_gpu.of(job(), "rollout", [stranger], rank=0) == {"process": CONTEXT}


def test_a_task_s_own_bound_of_tokens_comes_before_the_rollout_s(job: Callable[..., Job]) -> None:
    made = job()
    assert [made.longest_response(task) for task in made.tasks] == [SHORT, LONG]


def test_an_engine_of_judges_is_reckoned_by_its_own_settings(make_job: Callable[..., Job], demand: Demand) -> None:
    asked = {"type": "rubric", "rubric": "explanation", "threshold": 1}
    models = ("org/m", {"model": "org/m", "dtype": "bfloat16"}, {"model": "org/m", "replicas": 2, "tensor_parallel": 2})
    judges = [{**asked, "name": f"j{number}", "model": model} for number, model in enumerate(models)]
    task = {"name": "short", "prompts": {"path": "p"}, "reward": {"model": "org/rm"}, "method": {"type": "grpo"}}
    made = make_job(tasks=[{**task, "judges": judges}])
    weights = [demand.of(made, "llm-judge", ["org/m"], rank=rank)["weights"] for rank in range(4)]
    assert [weight / weights[0] for weight in weights] == [1, 0.5, 0.5, 0.5]
