"""A job of three tasks, prompts for it, and a job's course over workers in this process."""

from collections import Counter

import pytest
from fakes import make_prompt

from raylign.errors import WorkerLost
from raylign.loop.course import take_course
from raylign.loop.pause import Pause
from raylign.record.checkpoint import Checkpoints, Progress
from raylign.record.rundir import RunDirectory
from raylign.sources.collect import Collector
from raylign.sources.deck import Outline
from raylign.sources.prompts import World
from raylign.sources.source import Means
from raylign.spec import parse_job

PROMPTS = {name: [make_prompt(name, number) for number in range(10)] for name in ("math", "chat", "talk")}


def make_job(**settings):
    reward = {"model": "org/rm"}
    judges = [{"type": "regex", "name": "even", "pattern": "."}]
    document = {
        "name": "test",
        "steps": 6,
        "policy": {"model": "org/policy"},
        "tasks": [
            {
                "name": "math", "prompts": {"path": "p"}, "prompts_per_step": 3, "samples_per_prompt": 4,
                "reward": reward, "judges": judges, "method": {"type": "crpg"},
            },
            {
                "name": "chat", "prompts": {"path": "p"}, "prompts_per_step": 2, "samples_per_prompt": 3,
                "reward": reward, "judges": judges, "method": {"type": "crraft"}, "weight": 0.5,
            },
            {
                "name": "talk", "prompts": {"path": "p"}, "prompts_per_step": 4, "samples_per_prompt": 2,
                "method": {"type": "oaif", "annotator": {"type": "llm", "model": "org/a", "template": "t"}},
            },
        ],
        "checkpoint": {"every": 2},
        "evaluation": {"prompts": 2},
        **settings,
    }  # fmt: skip
    return parse_job(document)


def outline(prompts):
    """Of prompts in a list."""
    roles = Counter(tuple(turn["role"] for turn in prompt.messages) for prompt in prompts)
    return Outline(roles=roles, longest=max(len(prompt.token_ids) for prompt in prompts))


async def take(
    job,
    fleet,
    directory,
    *,
    prompts=PROMPTS,
    eval_prompts=None,
    encode=lambda prompt: (1, 2),
    start=None,
    emit=lambda said: None,
    canaries=None,
    pause=None,
):
    """From ``start`` to the last step; baselines and checkpoints lie in ``directory``."""
    directory.mkdir(exist_ok=True)
    means = Means(
        collector=Collector(fleet.workers, {task.name: task for task in job.tasks}),
        world=World(
            prompts=prompts,
            eval_prompts=eval_prompts or prompts,
            outlines={name: outline(mine) for name, mine in prompts.items()},
            canaries=canaries or {},
        ),
        encode=encode,
        run=RunDirectory(directory),
        emit=emit,
    )
    await take_course(job, means, Checkpoints(directory), start or Progress(), pause or Pause())


async def resumed_equals_uninterrupted(run, job, fleet, directory, *, left_at):
    """``run(job, fleet, directory, start=...)`` with a trainer that dies in step 3, and again from the checkpoint that
    was left, at step ``left_at``, ends as one left alone. ``fleet``: makes one.
    """
    whole, broken, again = fleet(), fleet(), fleet()
    await run(job, whole, directory / "whole")
    real_step = broken.trainer.step

    async def dies(step, microbatches):
        if step == 3:
            raise WorkerLost("policy/0 died")
        return await real_step(step, microbatches)

    broken.trainer.step = dies
    with pytest.raises(WorkerLost):
        await run(job, broken, directory / "broken")
    path, progress = Checkpoints(directory / "broken").latest()
    assert progress.next_step == left_at
    await again.trainer.load(path)
    await run(job, again, directory / "broken", start=progress)
    assert again.trainer.state == whole.trainer.state
