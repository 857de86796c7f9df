"""The simulator: seconds worked out by hand come out of the real loop and pools, and cost no time."""

import asyncio

import pytest

from benchmarks.simulate import at_size
from benchmarks.simulator.leaping import run
from benchmarks.simulator.lengths import quantile
from benchmarks.simulator.simulation import simulate
from benchmarks.simulator.times import Times

LIMIT = 64
TIMES = Times(
    decode_s=0.1,
    decode_token_s=0.01,
    judge_row_s=0.0,
    score_s=1.0,
    score_token_s=0.0,
    step_s=3.0,
    step_token_s=0.0,
    publish_s=0.5,
    export_mib_s=0.0,
    take_mib_s=0.0,
    prompt_tokens=4,
    response_tokens=LIMIT,  # none ends before the limit
    policy_mib=1.0,
)


def job(workers=1, **rollout):
    made = at_size(workers, responses=8)
    return made.model_copy(update={"rollout": made.rollout.model_copy(update={"max_tokens": LIMIT} | rollout)})


def test_a_step_takes_what_its_phases_take_one_after_the_other():
    seen = simulate(job(), TIMES, steps=2)
    generate = LIMIT * (0.1 + 8 * 0.01)
    assert seen.seconds["generate"] == pytest.approx(generate)
    assert seen.step_s == pytest.approx(generate + 1 + 3 + 0.5)
    assert seen.bound == "rollout"
    assert seen.used["policy"] == pytest.approx(3 / seen.step_s)


def test_two_workers_share_the_prompts():
    seen = simulate(job(workers=2), TIMES, steps=2)
    assert seen.seconds["generate"] == pytest.approx(LIMIT * (0.1 + 4 * 0.01))
    assert seen.calls["generate"] == 2


def test_a_step_ahead_hides_training_behind_generation():
    seen = simulate(job(max_staleness=1), TIMES, steps=4)
    # Whoever generates takes no weights: of a step, generation and publishing are left.
    assert seen.step_s == pytest.approx(LIMIT * (0.1 + 8 * 0.01) + 0.5)


def test_feedback_that_is_slower_than_generation_is_waited_for():
    slow = Times(**TIMES.written() | {"judge_row_s": 10.0})
    seen = simulate(job(), slow, steps=2)
    assert seen.seconds["judge"] == pytest.approx(8 * 10)  # judge and reward worker at the same time, all at the end
    assert seen.bound in ("judge", "reward")


def test_waiting_costs_nothing_and_a_hang_is_told():
    async def slept():
        await asyncio.gather(asyncio.sleep(3_600), asyncio.sleep(7_200))
        return asyncio.get_running_loop().time()

    assert run(slept()) == pytest.approx(7_200)
    with pytest.raises(RuntimeError, match="everybody waits"):
        run(asyncio.Event().wait())


def test_lengths_keep_to_their_mean_and_their_limit():
    lengths = [quantile((at + 0.5) / 1_000, mean=200, limit=512) for at in range(1_000)]
    assert sum(lengths) / 1_000 == pytest.approx(200, rel=0.01)
    assert max(lengths) == 512
    assert {quantile(share, mean=512, limit=512) for share in (0.0, 0.5, 0.99)} == {512}


def test_times_with_an_unknown_key_are_refused():
    with pytest.raises(ValueError, match="no 'decod_s'"):
        Times.read({"decod_s": 1.0})
