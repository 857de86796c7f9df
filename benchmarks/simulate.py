"""Steps of a job in simulated time: how long, who is busy, what bounds them, and what the loop itself costs at size."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.loop_cost import cost_job
from benchmarks.simulator.ray_calls import cpu_per_call
from benchmarks.simulator.simulation import Predicted, judged, simulate
from benchmarks.simulator.times import Run, Times, fitted
from raylign.spec import Job

RESPONSES = 2_048
"""Of a step at size: a million tokens, 512 each."""

MACHINE = ("score", "step")
"""Phases in which one model computes and the others wait: by these a machine's speed is told."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--runs", type=Path, nargs="+", metavar="RUN", help="runs that times are fitted to, of two sizes"
    )
    parser.add_argument("--against", type=Path, nargs="*", default=[], metavar="RUN", help="runs that are predicted")
    parser.add_argument("--times", type=Path, help="a JSON object of times, in place of fitted ones")
    parser.add_argument("--prompt-tokens", type=int, default=64, help="of each prompt")
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 64, 1024], help="rollout workers of the sizes")
    parser.add_argument("--ray", action="store_true", help="measure what a call costs Ray, which is not simulated")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.ray:
        print(f"a call through Ray: {1e6 * cpu_per_call():.0f} us of the driver's CPU")
        return
    times = Times.read(json.loads(options.times.read_text())) if options.times else Times()
    times = replace(times, prompt_tokens=options.prompt_tokens)
    if options.runs:
        rows = compared([Run.read(one) for one in options.runs], [Run.read(one) for one in options.against], times)
    else:
        rows = [sized(workers, times) for workers in options.workers]
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2))


def compared(calibrating: Sequence[Run], others: Sequence[Run], times: Times) -> list[dict[str, Any]]:
    """Real steps beside simulated ones, by the times of ``calibrating`` alone; then as if all of the machine had been
    slower, or faster, by as much as its scoring and training were, which nobody shares a worker's time with."""
    times = judged(calibrating, fitted(calibrating, times))
    print(json.dumps(times.written()))
    print(
        f"\n{'run':16} {'real s':>7} {'simulated':>9} {'off':>6} {'at its speed':>12}  "
        "by phase, real / simulated; busiest"
    )
    rows = []
    for run in (*calibrating, *others):
        predicted = simulate(run.job, times)
        off = predicted.step_s / run.step_s - 1
        speed = sum(run.phase_s(phase) for phase in MACHINE) / sum(predicted.seconds[phase] for phase in MACHINE)
        at_speed = speed * predicted.step_s / run.step_s - 1
        phases = ", ".join(
            f"{phase} {run.phase_s(phase):.2f} / {seconds:.2f}"
            for phase, seconds in predicted.seconds.items()
            if seconds > 0.01 * predicted.step_s
        )
        print(
            f"{run.name:16} {run.step_s:7.3f} {predicted.step_s:9.3f} {off:+6.1%} {at_speed:+12.1%}  "
            f"{phases}; {_used(predicted)}"
        )
        rows.append(
            {
                "run": run.name,
                "real_s": run.step_s,
                "simulated_s": predicted.step_s,
                "off": off,
                "at_its_speed": at_speed,
            }
        )
    return rows


def sized(workers: int, times: Times) -> dict[str, Any]:
    """A step of CRPG of a million tokens, with so many rollout workers and one of every other role for 16 of them."""
    times = replace(times, response_tokens=512.0, decode_s=0.01, decode_token_s=1e-5)
    job = at_size(workers, RESPONSES)
    seen = simulate(job, times, steps=3)
    calls, mib = sum(seen.calls.values()), sum(seen.mib.values())
    print(
        f"{workers:5} workers: step {seen.step_s:6.2f} s ({_used(seen)}); the loop's own {seen.own_s:.2f} s of CPU, "
        f"{calls:,.0f} calls, {mib:.0f} MiB through the driver, which grew by {seen.peak_mib:.0f} MiB"
    )
    return {"workers": workers, "step_s": seen.step_s, "own_s": seen.own_s, "calls": calls, "peak_mib": seen.peak_mib}


def at_size(workers: int, responses: int, *, samples: int = 4) -> Job:
    """CRPG on one task, responses of at most 1,024 tokens."""
    job = cost_job(prompts=responses // samples, samples=samples)
    others = max(1, workers // 16)
    document = job.model_dump(mode="json")
    document["rollout"] |= {"workers": workers, "max_tokens": 1_024}
    document["judging"] |= {"workers": others, "reward_workers": others}
    document["trainer"] |= {"ranks": others}
    document["reference"] = {"replicas": others}
    return type(job).model_validate(document)


def _used(seen: Predicted) -> str:
    busy = sorted(seen.used.items(), key=lambda one: -one[1])
    return ", ".join(f"{role} {share:.0%}" for role, share in busy[:3])


if __name__ == "__main__":
    main()
