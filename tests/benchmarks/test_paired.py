"""Pairs of what a policy said, and the job that learns from them."""

from dataclasses import replace

import pytest
from fakes import make_completion, make_prompt

from benchmarks.science.arms import ANCHORED, BUDGET, FEEDBACK, MASKS, Arm, job_of, pairs_job
from benchmarks.science.paired import CHOOSERS, extremes, pair_of
from benchmarks.science.report import differences
from raylign.types import Group, Sample
from raylign.verdicts import Verdict


def answered(*rewards: float | None) -> Group:
    prompt = make_prompt("chat")
    samples = [
        Sample(completion=make_completion(prompt, index, text=f"answer {index}"), verdicts=(), reward=reward)
        for index, reward in enumerate(rewards)
    ]
    return Group(prompt=prompt, samples=tuple(samples))


def test_the_best_is_chosen_and_the_worst_rejected() -> None:
    row = pair_of(answered(0.5, None, 2.0, -1.0), extremes)
    assert row is not None
    assert (row["chosen"], row["rejected"]) == ("answer 2", "answer 3")
    assert row["messages"] == [dict(message) for message in make_prompt("chat").messages]


@pytest.mark.parametrize("rewards", [(), (None, None), (1.0,), (1.0, 1.0, None)])
def test_responses_of_which_none_is_better_make_no_pair(rewards: tuple[float | None, ...]) -> None:
    assert pair_of(answered(*rewards), extremes) is None


def test_an_empty_response_makes_no_pair() -> None:
    assert pair_of(answered(0.5, 2.0), lambda samples, group: ("answer 1", " \n")) is None


@pytest.mark.parametrize("arm", [MASKS[0], *ANCHORED], ids=lambda arm: arm.name)
def test_a_paired_arm_s_jobs_have_the_demo_s_tasks_steps_and_measure(arm: Arm, tmp_path) -> None:
    sampled = job_of(arm, 3, steps=5)
    assert [task.name for task in sampled.tasks] == list(arm.tasks)
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


@pytest.mark.parametrize(
    ("satisfied", "pair"),
    [
        ((True, True, True), ("answer 1", "answer 2")),
        ((True, False, False), ("answer 0", "answer 2")),  # the one wrong answer that scores below it
        ((False, False, False), ("gold", None)),
    ],
)
def test_anchors_are_who_satisfies_judges_and_the_data_s_own_answer(satisfied, pair) -> None:
    group = answered(0.5, 2.0, -1.0)
    judged = (
        replace(one, verdicts=(Verdict(judge="math", satisfied=right),))
        for one, right in zip(group.samples, satisfied, strict=True)
    )
    row = pair_of(
        replace(group, samples=tuple(judged), prompt=replace(group.prompt, baseline="gold")), CHOOSERS["anchored"]
    )
    assert row is not None
    assert row["chosen"] == pair[0]
    assert row["rejected"] == pair[1] or pair[1] is None


def test_a_file_s_pairs_are_chosen_within_a_budget_and_some_held_out(tmp_path) -> None:
    arm = next(arm for arm in BUDGET if arm.name == "pairs-adpo_plus")
    job = pairs_job(job_of(arm, 0, steps=5), arm, tmp_path)
    assert [(task.name, task.select.budget, task.holdout, task.judges) for task in job.tasks] == [
        ("chat", 32, 0.25, ()),
        ("math", 32, 0.25, ()),
    ]
    assert job.evaluation.rows == job.evaluation.prompts == 64


def test_a_longer_arm_has_its_times_of_steps_on_its_own_tasks() -> None:
    job = job_of(FEEDBACK[0], 0, steps=5, tasks=["math"])
    assert (job.steps, [task.name for task in job.tasks]) == (15, ["chat"])


def test_an_arm_is_held_against_its_control_over_the_tasks_and_seeds_of_both() -> None:
    def run(reward: float, **tasks: float) -> dict:
        figures = {"satisfied": 0.5, "kl": 1.0, "tokens": 20.0}
        return {"final": {task: {**figures, "reward": reward + more} for task, more in tasks.items()}}

    runs = {
        "anchored": {0: run(1.0, math=0.0), 1: run(2.0, math=0.0), 2: run(9.0, math=0.0)},
        "rank": {0: run(0.5, math=0.0, code=9.0), 1: run(0.5, math=0.0, code=9.0)},
    }
    (line,) = differences(runs).splitlines()[2:]
    assert line.startswith("| anchored less rank | 2 | +0 ± 0 | +1.00 ± 6.35 | ")  # 12.71 times 0.707 / sqrt 2
