"""All judges, reward models and annotators as one: each question goes to the worker that can answer it."""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from actors.member import Member
from raylign.errors import WorkerLost
from raylign.judges.mixture import applies
from raylign.spec.job import Job
from raylign.spec.judges import JudgeSpec, LLMJudge
from raylign.spec.methods import OAIF, LLMAnnotator
from raylign.types import Completion, Preference, Prompt, Verdict


class JudgePool:
    """Implements `raylign.workers.Judges`. These workers hold no state: a dead one is replaced and asked again."""

    def __init__(
        self,
        job: Job,
        *,
        rules: Sequence[Member],
        rewards: Sequence[Member],
        llms: Mapping[str, Member],
    ) -> None:
        self.tasks = {task.name: task for task in job.tasks}
        self.rules = rules
        self.rewards = rewards
        self.llms = llms
        """By model."""
        self._judge_s = job.deadlines.judge_s
        self._turn = count()

    async def judge(self, pairs: Sequence[tuple[Prompt, Completion]]) -> list[tuple[Verdict, ...]]:
        """Rule judges and LLM judges are asked at the same time."""
        found: list[dict[str, Verdict]] = [{} for _ in pairs]
        ruled = [
            position
            for position, (prompt, _) in enumerate(pairs)
            if any(not isinstance(judge, LLMJudge) for judge in self._judges(prompt))
        ]
        asked: dict[tuple[str, str], list[int]] = {}
        specs: dict[tuple[str, str], LLMJudge] = {}
        for position, (prompt, _) in enumerate(pairs):
            for judge in self._judges(prompt):
                if isinstance(judge, LLMJudge):
                    asked.setdefault((prompt.task, judge.label), []).append(position)
                    specs[prompt.task, judge.label] = judge

        async def ask_rules() -> None:
            if ruled:
                member = self.rules[next(self._turn) % len(self.rules)]
                verdicts = await self._call(member, "judge_all", [pairs[position] for position in ruled])
                for position, said in zip(ruled, verdicts, strict=True):
                    found[position] |= {verdict.judge: verdict for verdict in said}

        async def ask_llm(key: tuple[str, str], positions: list[int]) -> None:
            spec = specs[key]
            rows = [(pairs[position][0], pairs[position][1].text) for position in positions]
            verdicts = await self._call(self.llms[spec.model], "judge", spec, rows)
            for position, verdict in zip(positions, verdicts, strict=True):
                found[position][verdict.judge] = verdict

        await asyncio.gather(ask_rules(), *(ask_llm(key, positions) for key, positions in asked.items()))
        return [tuple(verdicts.values()) for verdicts in found]

    async def reward(self, groups: Sequence[tuple[Prompt, Sequence[Completion]]]) -> list[list[float | str]]:
        by_model: dict[str, list[int]] = {}
        for position, (prompt, _) in enumerate(groups):
            reward = self.tasks[prompt.task].reward
            assert reward is not None  # the loop asks only for tasks that have one
            by_model.setdefault(reward.model, []).append(position)
        values: list[list[float | str]] = [[] for _ in groups]

        async def ask(model: str, positions: list[int]) -> None:
            rows = [(groups[at][0], [completion.text for completion in groups[at][1]]) for at in positions]
            member = self.rewards[next(self._turn) % len(self.rewards)]
            for position, said in zip(positions, await self._call(member, "reward_all", model, rows), strict=True):
                values[position] = said

        await asyncio.gather(*(ask(model, positions) for model, positions in by_model.items()))
        return values

    async def prefer(self, pairs: Sequence[tuple[Prompt, Completion, Completion]]) -> list[Preference]:
        by_task: dict[str, list[int]] = {}
        for position, (prompt, *_) in enumerate(pairs):
            by_task.setdefault(prompt.task, []).append(position)
        found: dict[int, Preference] = {}

        async def ask(task: str, positions: list[int]) -> None:
            method = self.tasks[task].method
            assert isinstance(method, OAIF)
            assert isinstance(method.annotator, LLMAnnotator)
            rows = [(pairs[at][0], pairs[at][1].text, pairs[at][2].text) for at in positions]
            member = self.llms[method.annotator.model]
            found.update(zip(positions, await self._call(member, "prefer", method.annotator, rows), strict=True))

        await asyncio.gather(*(ask(task, positions) for task, positions in by_task.items()))
        return [found[position] for position in range(len(pairs))]

    def _judges(self, prompt: Prompt) -> list[JudgeSpec]:
        """The judges of the prompt's task that apply to it."""
        return [judge for judge in self.tasks[prompt.task].judges if applies(judge, prompt.metadata)]

    async def _call(self, member: Member, method: str, *args: Any) -> Any:
        while True:
            try:
                return await member.call(method, *args, phase=method.removesuffix("_all"), seconds=self._judge_s)
            except WorkerLost as lost:
                await member.restart(lost)
