"""Pairs of what a policy said, and the job that learns from them."""

import pytest
from fakes import make_completion, make_prompt

from benchmarks.science.arms import MASKS, Arm, job_of, pairs_job
from benchmarks.science.paired import pair_of
from raylign.types import Group, Sample


def answered(*rewards: float | None) -> Group:
    prompt = make_prompt("chat")
    samples = [
        Sample(completion=make_completion(prompt, index, text=f"answer {index}"), verdicts=(), reward=reward)
        for index, reward in enumerate(rewards)
    ]
    return Group(prompt=prompt, samples=tuple(samples))


def test_the_best_is_chosen_and_the_worst_rejected() -> None:
    row = pair_of(answered(0.5, None, 2.0, -1.0))
    assert row is not None
    assert (row["chosen"], row["rejected"]) == ("answer 2", "answer 3")
    assert row["messages"] == [dict(message) for message in make_prompt("chat").messages]


@pytest.mark.parametrize("rewards", [(), (None, None), (1.0,), (1.0, 1.0, None)])
def test_responses_of_which_none_is_better_make_no_pair(rewards: tuple[float | None, ...]) -> None:
    assert pair_of(answered(*rewards)) is None


@pytest.mark.parametrize("arm", MASKS, ids=lambda arm: arm.name)
def test_a_paired_arm_s_jobs_have_the_demo_s_tasks_steps_and_measure(arm: Arm, tmp_path) -> None:
    sampled = job_of(arm, 3, steps=5)
    job = pairs_job(sampled, arm, tmp_path)
    assert (job.kind, job.steps, job.seed) == ("preferences", 5, 3)
    assert (job.evaluation.prompts, job.evaluation.rows) == (sampled.evaluation.prompts, 0)
    for task, other in zip(job.tasks, sampled.tasks, strict=True):
        assert (task.name, task.judges, task.reward, task.eval_prompts) == (
            other.name,
            other.judges,
            other.reward,
            other.eval_prompts,
        )
        assert task.method.type == arm.method["type"]
        assert task.prompts.path == str(tmp_path / f"{task.name}.jsonl")
