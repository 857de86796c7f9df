"""Online: the policy's own responses to prompts drawn for the step, and what judges and reward models say of them."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from raylign.clock import Clock
from raylign.record.samples import SampleFile
from raylign.sources.asked import Asked
from raylign.sources.baselines import baselines, pool_keys
from raylign.sources.canaries import Flock
from raylign.sources.collect import Collector
from raylign.sources.draw import draw, requests
from raylign.sources.readers import require_readers
from raylign.sources.source import Means
from raylign.spec.job import Job
from raylign.spec.task import Task
from raylign.types import Group, Prompt, Sample


@asynccontextmanager
async def online(job: Job, means: Means) -> AsyncIterator["Online"]:
    """Ready for the first step: reward models can read the prompts, and every prompt has the baseline it needs."""
    prompts, collector = means.world.prompts, means.collector
    with await asyncio.to_thread(SampleFile, means.run.baselines_path) as made:
        await require_readers(job, means.world.outlines, collector.fleet.judges, means.emit)
        await baselines(job, prompts, collector, means.encode, made, means.emit)
        sizes = {name: len(mine) for name, mine in prompts.items()}
        canaries = Flock(job.tasks, means.world.canaries, sizes)
        asked = {
            task.name: Asked(means.run.path / f"asked-{task.name}.jsonl", task, how, seed=job.seed)
            for task in job.tasks
            if (how := task.method.needs.asking)
        }
        yield Online(job, prompts, collector, baselines=made, canaries=canaries, asked=asked)


class Online:
    """Implements `raylign.sources.source.Source`: draw, generate, judge.

    ``max_staleness`` 1 begins with step n+1 when step n is asked for, so before n is trained.
    """

    def __init__(
        self,
        job: Job,
        prompts: Mapping[str, Sequence[Prompt]],
        collector: Collector,
        *,
        baselines: Mapping[str, Sample],
        canaries: Flock | None = None,
        asked: Mapping[str, Asked] | None = None,
    ) -> None:
        """``prompts``: by task. ``baselines``: ``a_bar`` by prompt id, and the pools beside it. ``asked``: of tasks
        whose annotator is asked about some of the pairs alone."""
        self._job = job
        self._prompts = prompts
        self._collector = collector
        self._baselines = baselines
        self._canaries = canaries
        self._asked = asked or {}
        self._ahead: dict[int, tuple[Clock, asyncio.Task[list[Group]]]] = {}

    async def groups(self, step: int, clock: Clock) -> list[Group]:
        for soon in range(step, min(step + self._job.rollout.max_staleness, self._job.steps - 1) + 1):
            if soon not in self._ahead:
                own = Clock()
                self._ahead[soon] = own, asyncio.create_task(self._collect(soon, own))
        own, collecting = self._ahead.pop(step)
        groups = await collecting
        clock.add(own)
        return groups

    def held_out(self) -> Sequence[Group]:
        """None: the evaluation has the policy's own responses."""
        return ()

    async def aclose(self) -> None:
        left = [collecting for _, collecting in self._ahead.values()]
        for collecting in left:
            collecting.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _collect(self, step: int, clock: Clock) -> list[Group]:
        with clock.phase("draw"):
            wanted = [
                request
                for task in self._job.tasks
                for request in requests(
                    self._job,
                    task,
                    draw(self._drawing(task), self._prompts[task.name], seed=self._job.seed, step=step),
                    purpose=f"step {step}",
                    samples=task.samples_per_prompt,
                )
            ]
        groups = await self._collector.collect(
            wanted, clock, baselines=self._baselines, spare=True, canaries=self._canaries, withheld=self._asked.keys()
        )
        if self._asked:
            groups = await self._told(step, groups, clock)
        return [replace(group, pool=self._pool(group.prompt)) for group in groups]

    def _drawing(self, task: Task) -> Task:
        return self._asked[task.name].pool if task.name in self._asked else task

    async def _told(self, step: int, groups: Sequence[Group], clock: Clock) -> list[Group]:
        """Groups in the order of the tasks; of those tasks that choose, the chosen ones, and what was said of them."""
        told: list[Group] = []
        for task in self._job.tasks:
            mine = [group for group in groups if group.prompt.task == task.name]
            if asked := self._asked.get(task.name):
                with clock.phase("select"):
                    chosen = await asked.choose(step, mine, self._collector.fleet.reference)
                with clock.phase("judge"):
                    mine = await self._collector.ask(chosen, limit=self._job.longest_response(task))
                await asked.learn(step, mine)
            told += mine
        return told

    def _pool(self, prompt: Prompt) -> tuple[float, ...]:
        size = self._collector.tasks[prompt.task].method.needs.pool
        rewards = (self._baselines[key].reward for key in pool_keys(prompt.id, size))
        return tuple(reward for reward in rewards if reward is not None)
