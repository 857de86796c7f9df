"""All judges, reward models and annotators as one: each question goes to the worker that can answer it."""

from collections.abc import Mapping, Sequence
from typing import Any

from actors.cluster.crew import Crew, shares, together
from actors.cluster.member import Member
from raylign.judges.annotators import LLMAnnotator
from raylign.judges.limits import limit
from raylign.judges.mixture import applies
from raylign.spec.job import Job
from raylign.spec.judges import JudgeBase, JudgeSpec, LLMJudge
from raylign.types import Completion, Preference, Prompt, Verdict
from raylign.workers import Reading, Roles

QUESTIONS_PER_CALL = 256
"""To an LLM judge or annotator."""
RESPONSES_PER_CALL = 64
"""To a reward model; one prompt's are never parted."""


class JudgePool:
    """Implements `raylign.workers.Judges`. Work is cut into calls of bounded size, which go to whoever is free."""

    def __init__(
        self,
        job: Job,
        *,
        rules: Sequence[Member],
        rewards: Sequence[Member],
        llms: Mapping[str, Member],
    ) -> None:
        self.tasks = {task.name: task for task in job.tasks}
        restart_s = job.deadlines.start_s
        self.rules = Crew(rules, restart_s=restart_s)
        self.rewards = Crew(rewards, restart_s=restart_s)
        self.llms = {model: Crew([member], restart_s=restart_s) for model, member in llms.items()}
        self._processes = job.judging.processes
        self._judge_s = job.deadlines.judge_s

    async def judge(self, pairs: Sequence[tuple[Prompt, Completion]]) -> list[tuple[Verdict, ...]]:
        """Rule judges and LLM judges are asked at the same time."""
        found: list[dict[str, Verdict]] = [{} for _ in pairs]
        ruled: list[int] = []
        asked: dict[tuple[str, str], list[int]] = {}
        specs: dict[tuple[str, str], LLMJudge] = {}
        for position, (prompt, _) in enumerate(pairs):
            judges = self._judges(prompt)
            if any(not isinstance(judge, LLMJudge) for judge in judges):
                ruled.append(position)
            for judge in judges:
                if isinstance(judge, LLMJudge):
                    asked.setdefault((prompt.task, judge.label), []).append(position)
                    specs[prompt.task, judge.label] = judge

        async def ask_rules() -> None:
            verdicts = await self._ask_rules([pairs[position] for position in ruled])
            for position, said in zip(ruled, verdicts, strict=True):
                found[position] |= {verdict.judge: verdict for verdict in said}

        async def ask_llm(key: tuple[str, str], positions: list[int]) -> None:
            spec = specs[key]
            rows = [(pairs[position][0], pairs[position][1].text) for position in positions]
            verdicts = await self._question(spec.model, "judge", spec, rows)
            for position, verdict in zip(positions, verdicts, strict=True):
                found[position][verdict.judge] = verdict

        await together(ask_rules(), *(ask_llm(key, positions) for key, positions in asked.items()))
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
            said = await self.rewards.ask("reward_all", model, rows, phase="reward", seconds=self._judge_s)
            for position, rewards in zip(positions, said, strict=True):
                values[position] = rewards

        await together(
            *(
                ask(model, [positions[at] for at in share])
                for model, positions in by_model.items()
                for share in shares(
                    [len(groups[at][1]) for at in positions],
                    budget=RESPONSES_PER_CALL,
                    workers=len(self.rewards.members),
                )
            )
        )
        return values

    async def reading(self, model: str, shapes: Sequence[Roles]) -> Reading:
        said: Reading = await self.rewards.ask("reading", model, shapes, phase="reading", seconds=self._judge_s)
        return said

    async def prefer(self, pairs: Sequence[tuple[Prompt, Completion, Completion]]) -> list[Preference]:
        by_task: dict[str, list[int]] = {}
        for position, (prompt, *_) in enumerate(pairs):
            by_task.setdefault(prompt.task, []).append(position)
        found: dict[int, Preference] = {}

        async def ask(task: str, positions: list[int]) -> None:
            annotator = self.tasks[task].method.needs.annotator
            assert isinstance(annotator, LLMAnnotator)
            rows = [(pairs[at][0], pairs[at][1].text, pairs[at][2].text) for at in positions]
            said = await self._question(annotator.model, "prefer", annotator, rows)
            found.update(zip(positions, said, strict=True))

        await together(*(ask(task, positions) for task, positions in by_task.items()))
        return [found[position] for position in range(len(pairs))]

    async def _ask_rules(self, pairs: Sequence[tuple[Prompt, Completion]]) -> list[tuple[Verdict, ...]]:
        """A call may take what the judges' own limits allow, in as many processes as a worker has, and the deadline."""
        costs = [
            sum(limit(judge) for judge in self._judges(prompt) if not isinstance(judge, LLMJudge)) / self._processes
            for prompt, _ in pairs
        ]
        workers = len(self.rules.members)
        parts = list(shares(costs, budget=self._judge_s, workers=workers, at_least=self._processes))
        answers = await together(
            *(
                self.rules.ask(
                    "judge_all",
                    [pairs[at] for at in part],
                    phase="judge",
                    seconds=self._judge_s + sum(costs[at] for at in part),
                )
                for part in parts
            )
        )
        return [verdicts for said in answers for verdicts in said]

    async def _question(
        self, model: str, method: str, spec: JudgeBase | LLMAnnotator, rows: Sequence[Any]
    ) -> list[Any]:
        """What the model answers to each row."""
        crew = self.llms[model]
        parts = shares([1] * len(rows), budget=QUESTIONS_PER_CALL, workers=1)
        answers = await together(
            *(crew.ask(method, spec, [rows[at] for at in part], phase=method, seconds=self._judge_s) for part in parts)
        )
        return [answer for said in answers for answer in said]

    def _judges(self, prompt: Prompt) -> list[JudgeSpec]:
        """The judges of the prompt's task that apply to it."""
        return [judge for judge in self.tasks[prompt.task].judges if applies(judge, prompt.metadata)]
