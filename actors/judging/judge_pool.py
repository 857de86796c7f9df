"""All judges, reward models and annotators as one: each question goes to the worker that can answer it."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from actors.cluster.crew import Crew, shares, together
from actors.cluster.member import Member
from raylign.judges.askers import Asker, Endpoint, Question
from raylign.judges.judge import Judge
from raylign.judges.questions.asking import AskingJudge, asking
from raylign.judges.rules.rule import Case, Rater, RuleJudge, rules
from raylign.rewards.raters import Answered, Head, Value
from raylign.rewards.reward import AskedPart
from raylign.spec.job import Job
from raylign.types import Completion, Preference, Prompt
from raylign.verdicts import Verdict
from raylign.workers import Reading, Roles

QUESTIONS_PER_CALL = 256
"""To one who is asked by judges or annotators."""
RESPONSES_PER_CALL = 64
"""To a reward model; one prompt's are never parted."""


class JudgePool:
    """Implements `raylign.workers.Judges`, and for the parts of rewards `raylign.rewards.raters.Raters`.

    Work is cut into calls of bounded size, which go to whoever is free.
    """

    def __init__(
        self,
        job: Job,
        *,
        rules: Sequence[Member],
        rewards: Sequence[tuple[Sequence[Head], Member]],
        askers: Mapping[Asker, Sequence[Member]],
    ) -> None:
        """``rewards``: each with the reward models that it holds."""
        self.tasks = {task.name: task for task in job.tasks}
        restart_s = job.deadlines.start_s
        self.rules = Crew(rules, restart_s=restart_s)
        crews = [
            (heads, Crew([member for _, member in alike], restart_s=restart_s))
            for heads, alike in groupby(rewards, key=lambda one: tuple(one[0]))
        ]
        self.rewards = {head: crew for heads, crew in crews for head in heads}
        self.askers = {asker: Crew(members, restart_s=restart_s) for asker, members in askers.items()}
        self._processes = job.judging.processes
        self._judge_s = job.deadlines.judge_s

    async def judge(self, asked: Sequence[tuple[Prompt, Completion, Sequence[Judge]]]) -> list[tuple[Verdict, ...]]:
        """Judges that are programs and judges that ask are asked at the same time."""
        found: list[list[Verdict]] = [[] for _ in asked]
        ruled: list[tuple[int, Case, tuple[RuleJudge, ...]]] = []
        questions: dict[tuple[str, str], tuple[AskingJudge, list[int]]] = {}
        for position, (prompt, completion, judges) in enumerate(asked):
            if programs := rules(judges):
                ruled.append((position, Case.of(prompt, completion), programs))
            for judge in asking(judges):
                questions.setdefault((prompt.task, judge.label), (judge, []))[1].append(position)

        async def ask_rules() -> None:
            verdicts = await self._ask_rules([(case, programs) for _, case, programs in ruled])
            for (position, *_), said in zip(ruled, verdicts, strict=True):
                found[position] += said

        async def ask_model(judge: AskingJudge, positions: list[int]) -> None:
            rows = [(asked[at][0], asked[at][1].text) for at in positions]
            for position, verdict in zip(positions, await self._ask(judge, rows, phase="judge"), strict=True):
                found[position].append(verdict)

        await together(ask_rules(), *(ask_model(judge, positions) for judge, positions in questions.values()))
        return [tuple(verdicts) for verdicts in found]

    async def reward(self, part: AskedPart, groups: Sequence[Answered]) -> list[list[Value]]:
        return await part.rate(self, groups)

    async def score(self, head: Head, groups: Sequence[Answered]) -> list[list[Value]]:
        rows = [(prompt, [completion.text for completion in completions]) for prompt, completions in groups]
        costs, crew = [len(texts) for _, texts in rows], self.rewards[head]
        answers: list[list[list[Value]]] = await together(
            *(
                crew.ask("reward_all", head, [rows[at] for at in share], phase="reward", seconds=self._judge_s)
                for share in shares(costs, budget=RESPONSES_PER_CALL, workers=len(crew.members))
            )
        )
        return [values for said in answers for values in said]

    async def run(self, program: Rater, cases: Sequence[Case]) -> list[Value]:
        each = program.limit_s / self._processes
        answers: list[list[Value]] = await together(
            *(
                self.rules.ask(
                    "rate_all",
                    program,
                    [cases[at] for at in part],
                    phase="reward",
                    seconds=self._judge_s + each * len(part),
                )
                for part in self._parts([each] * len(cases))
            )
        )
        return [value for said in answers for value in said]

    async def ask(self, question: Question, rows: Sequence[Any]) -> list[Any]:
        return await self._ask(question, rows, phase="reward")

    async def post(self, endpoint: Endpoint, rows: Sequence[tuple[Prompt, str]]) -> list[Value]:
        crew = self.askers[endpoint]
        answers: list[list[Value]] = await together(
            *(
                crew.ask("rate", [rows[at] for at in part], phase="reward", seconds=self._judge_s)
                for part in shares([1] * len(rows), budget=QUESTIONS_PER_CALL, workers=1)
            )
        )
        return [value for said in answers for value in said]

    async def reading(self, head: Head, shapes: Sequence[Roles]) -> Reading:
        said: Reading = await self.rewards[head].ask("reading", head, shapes, phase="reading", seconds=self._judge_s)
        return said

    async def prefer(self, pairs: Sequence[tuple[Prompt, Completion, Completion]]) -> list[Preference]:
        by_task: dict[str, list[int]] = {}
        for position, (prompt, *_) in enumerate(pairs):
            by_task.setdefault(prompt.task, []).append(position)
        found: dict[int, Preference] = {}

        async def ask(task: str, positions: list[int]) -> None:
            annotator = self.tasks[task].method.needs.annotator
            assert annotator is not None  # the loop asks only for tasks that have one
            (question,) = annotator.asks()
            rows = [(pairs[at][0], pairs[at][1].text, pairs[at][2].text) for at in positions]
            found.update(zip(positions, await self._ask(question, rows, phase="prefer"), strict=True))

        await together(*(ask(task, positions) for task, positions in by_task.items()))
        return [found[position] for position in range(len(pairs))]

    async def _ask_rules(self, asked: Sequence[tuple[Case, tuple[RuleJudge, ...]]]) -> list[tuple[Verdict, ...]]:
        """A call may take what the judges' own limits allow, in as many processes as a worker has, and the deadline."""
        costs = [sum(judge.limit_s for judge in judges) / self._processes for _, judges in asked]
        parts = self._parts(costs)
        answers = await together(
            *(
                self.rules.ask(
                    "judge_all",
                    [asked[at] for at in part],
                    phase="judge",
                    seconds=self._judge_s + sum(costs[at] for at in part),
                )
                for part in parts
            )
        )
        return [verdicts for said in answers for verdicts in said]

    def _parts(self, costs: Sequence[float]) -> list[range]:
        """Calls to judge workers' processes, each of what they do within the deadline."""
        workers = len(self.rules.members)
        return list(shares(costs, budget=self._judge_s, workers=workers, at_least=self._processes))

    async def _ask(self, question: Question, rows: Sequence[Any], *, phase: str) -> list[Any]:
        """What the question's asker answers to each row."""
        crew = self.askers[question.asker]
        parts = shares([1] * len(rows), budget=QUESTIONS_PER_CALL, workers=len(crew.members))
        answers = await together(
            *(
                crew.ask("ask", question, [rows[at] for at in part], phase=phase, seconds=self._judge_s)
                for part in parts
            )
        )
        return [answer for said in answers for answer in said]
