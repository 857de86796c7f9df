"""What a model writes to the held-out prompts, and figures of it that no arm was trained on.

``python -m benchmarks.real.measure MODEL START JOB OUT``: samples ``SAMPLES`` responses to each held-out prompt of the
job at the temperature of training, has the job's judges judge them, and writes one row a prompt. It is a process of its
own: an engine's memory goes with it.
"""

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

from raylign.judges.judge import Judge
from raylign.judges.rules.rule import Case, rules
from raylign.spec import Job
from raylign.types import Completion, Prompt, Request
from raylign.verdicts import Verdict

SAMPLES = 2
SEED = 20_000
"""Of the first sample: the same for every model, and none that training uses."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("start", type=Path, help="the model before training, which says how likely each response is")
    parser.add_argument("job", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    from actors.text.world import read_world
    from raylign.spec import load_job

    job = load_job(options.job)
    (task,) = job.tasks
    world, _ = read_world(job)
    prompts = world.eval_prompts[task.name]
    written = write(options.model, prompts, job)
    verdicts = judged(task.judges, prompts, written)
    nats = likelihood(options.start, prompts, written)
    rows = (
        {"prompt": prompt.question, "samples": list(measured(*said))}
        for prompt, *said in zip(prompts, written, verdicts, nats, strict=True)
    )
    options.out.write_text("".join(json.dumps(row) + "\n" for row in rows))


def measured(
    responses: Sequence[Completion], verdicts: Sequence[Sequence[Verdict]], nats: Sequence[float]
) -> Iterator[dict[str, Any]]:
    """Each response of a prompt with all that is measured of it."""
    for response, said, surprise in zip(responses, verdicts, nats, strict=True):
        words = response.text.lower().split()
        yield {
            "text": response.text,
            "satisfied": all(verdict.satisfied for verdict in said),
            "violated": [verdict.judge for verdict in said if not verdict.satisfied],
            "words": len(words),
            "ended": response.finish == "stop",
            "distinct": distinct(words),
            "nats": surprise,
        }


def distinct(words: Sequence[str]) -> float:
    """distinct-2 (Li et al., arXiv 1510.03055): the share of neighbouring pairs of words that are unlike."""
    pairs = list(pairwise(words))
    return len(set(pairs)) / len(pairs) if pairs else 0.0


def write(model: Path, prompts: Sequence[Prompt], job: Job) -> list[list[Completion]]:
    """``SAMPLES`` responses to each prompt, by a rollout worker as the job has them."""
    from actors.sampling.rollout import RolloutWorker

    worker = RolloutWorker(
        model=str(model),
        dtype=job.policy.dtype,
        rollout=job.rollout,
        device="cpu",
        threads=os.cpu_count() or 1,
    )
    wanted = [
        Request(
            prompt=prompt,
            index=index,
            seed=SEED + index,
            temperature=job.rollout.temperature,
            max_tokens=job.rollout.max_tokens,
        )
        for prompt in prompts
        for index in range(SAMPLES)
    ]
    said = {one.key: one for handful in worker.generate(wanted, None) for one in handful}
    return [[said[prompt.id, index] for index in range(SAMPLES)] for prompt in prompts]


def judged(
    judges: Sequence[Judge], prompts: Sequence[Prompt], written: Sequence[Sequence[Completion]]
) -> list[list[tuple[Verdict, ...]]]:
    """Each response's verdicts."""
    from raylign.judges.processes import JudgeProcesses

    asked = [
        (Case.of(prompt, one), rules(judges))
        for prompt, responses in zip(prompts, written, strict=True)
        for one in responses
    ]
    with JudgeProcesses(judges) as processes:
        said = processes.judge_all(asked)
    return [said[at : at + SAMPLES] for at in range(0, len(said), SAMPLES)]


def likelihood(start: Path, prompts: Sequence[Prompt], written: Sequence[Sequence[Completion]]) -> list[list[float]]:
    """Nats a token by which each response surprises the starting model."""
    from actors.loading import load_policy
    from raylign.tensors.logprobs import batched_logprobs

    model = load_policy(str(start), dtype="float32", device="cpu")
    pairs = [
        (prompt.token_ids, one.token_ids)
        for prompt, responses in zip(prompts, written, strict=True)
        for one in responses
    ]
    said = batched_logprobs(model, pairs, temperature=1.0, tokens_per_batch=2048, device="cpu")
    nats = [-fmean(logprobs) for logprobs in said]
    return [nats[at : at + SAMPLES] for at in range(0, len(nats), SAMPLES)]


if __name__ == "__main__":
    main()
