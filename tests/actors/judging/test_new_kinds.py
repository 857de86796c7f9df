"""Judges of kinds that nothing but this file knows: planned, checked, run, heard and lawful, with no edit elsewhere."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
from fakes import FakeFleet, FakeJudges, make_completion, make_prompt
from hypothesis import given
from hypothesis import strategies as st
from judge_laws import ROWS, keeps_the_law_of_asking, keeps_the_law_of_judges, keeps_the_law_of_rules
from loop_job import make_job

from actors.judging.judge_pool import JudgePool
from raylign.errors import SpecError
from raylign.judges.askers import Answers, Asker, Engine, Question, Said, Show, Writer
from raylign.judges.judge import Judge
from raylign.judges.kinds import KINDS
from raylign.judges.questions.asking import AskingJudge
from raylign.judges.rules.rule import Case, RuleJudge
from raylign.loop.loop import train
from raylign.loop.pause import Pause
from raylign.loop.stand import Stand
from raylign.methods import GRPO
from raylign.plan.check import check_judges
from raylign.plan.cluster import Cluster, Node
from raylign.plan.resolve import make_plan
from raylign.record.checkpoint import Checkpoints, Progress
from raylign.record.events.payloads import StepDone
from raylign.sources.collect import Collector
from raylign.sources.online import Online
from raylign.spec import Job
from raylign.spec.prompts import Prompts
from raylign.types import Completion, Prompt, Sample
from raylign.verdicts import NOT_ASKED, SATISFIED, Ruling, Verdict, abstained, failed, signed, violated

ROOT = Path(__file__).parents[3]


class DigitJudge(RuleJudge):
    """The response begins with a digit."""

    type: Literal["digit"] = "digit"

    def rule(self, case: Case) -> Ruling:
        if not case.response:
            return abstained("nothing said")
        return SATISFIED if case.response[0].isdigit() else violated("no digit")

    @property
    def limit_s(self) -> float:
        return 20.0


class ShortJudge(AskingJudge):
    """A model is asked whether the response is short."""

    type: Literal["short"] = "short"
    model: str
    words: str = "Is it short?"

    @property
    def asker(self) -> Asker:
        return Engine(model=self.model)

    def check(self, *, whose: str) -> None:
        if not self.words.endswith("?"):
            raise SpecError(f"{whose} asks no question")

    def rule_all(self, model: Answers, rows: Sequence[tuple[Prompt, str]]) -> list[Ruling]:
        def text(response: str) -> Writer:
            def write(show: Show) -> str:
                return f"{self.words} {show(response)}"

            return write

        said = model.next_token([text(response) for _, response in rows], {"yes": "Y", "no": "N"})
        return [self._read(one) for one in said]

    def _read(self, said: Said) -> Ruling:
        if isinstance(said, str):
            return failed(said)
        yes, no = said
        return SATISFIED if yes > no else violated("long")


class LostJudge(Judge):
    """Of a sort that no worker knows: neither a rule nor a question."""

    type: Literal["lost"] = "lost"


class Oracle:
    """The model that is asked: a response of at most two characters is short."""

    def ask(self, question: Question, rows: Sequence[Any]) -> list[Any]:
        return question.ask(self, rows)

    def next_token(self, texts: Sequence[Writer], answers: Mapping[str, str]) -> list[Said]:
        return [(-0.1, -2.0) if len(write(str)) <= len("Is it short? ab") else (-2.0, -0.1) for write in texts]


class Rules:
    """Rule judges, in this process: tests/raylign/judges/test_processes.py runs a new kind in its own."""

    def judge_all(self, asked: Sequence[tuple[Case, Sequence[RuleJudge]]]) -> list[tuple[Verdict, ...]]:
        return [tuple(signed(judge.rule(case), judge.label) for judge in judges) for case, judges in asked]


class Here:
    """A member of a crew whose worker is in this process."""

    def __init__(self, worker: Any) -> None:
        self.worker = worker

    async def call(self, method: str, *args: Any, **_: Any) -> Any:
        return getattr(self.worker, method)(*args)


class PoolJudges(FakeJudges):
    """The real pool judges, and what it was asked and said is kept; rewards are the fake's."""

    def __init__(self, pool: JudgePool) -> None:
        super().__init__([])
        self.pool = pool
        self.heard: list[tuple[Prompt, str, dict[str, bool | None]]] = []

    async def judge(self, asked: Sequence[tuple[Prompt, Completion, Sequence[Judge]]]) -> list[tuple[Verdict, ...]]:
        said = await self.pool.judge(asked)
        for (prompt, completion, _), verdicts in zip(asked, said, strict=True):
            self.heard.append((prompt, completion.text, {verdict.judge: verdict.satisfied for verdict in verdicts}))
        return said


DIGIT, SHORT = DigitJudge(), ShortJudge(model="org/oracle")
SOME = DigitJudge(name="some", when={"odd": True})
PROMPTS = {"math": [make_prompt("math", number, odd=bool(number % 2)) for number in range(10)]}


def new_job(*judges: Judge) -> Job:
    """One task with these judges, who are asked about every response."""
    job = make_job(steps=2, evaluation={"prompts": 0})
    method = GRPO(judge_bonus=1.0)
    task = job.tasks[0].model_copy(update={"judges": judges, "method": method, "short_circuit": False})
    return job.model_copy(update={"tasks": (task,)})


async def test_they_judge_in_the_loop(tmp_path: Path) -> None:
    job, events = new_job(SHORT, DIGIT, SOME), []
    crew = {asker: [Here(Oracle())] for asker in job.askers()}
    judges = PoolJudges(JudgePool(job, rules=[Here(Rules())], rewards=[], askers=crew))
    collector = Collector(replace(FakeFleet().workers, judges=judges), {task.name: task for task in job.tasks})
    source = Online(job, PROMPTS, collector, baselines={})
    stand = Stand(Checkpoints(tmp_path), collector.fleet.trainer, events.append, Progress())
    await train(job, source, collector, PROMPTS, events.append, stand, Pause())
    steps = [said.tasks["math"] for said in events if isinstance(said, StepDone)]
    assert len(steps) == 2
    assert {judge for step in steps for judge in step.judges} == {"short", "digit", "some"}
    assert len(judges.heard) == sum(task.prompts_per_step * task.samples_per_prompt for task in job.tasks) * 2
    for prompt, text, said in judges.heard:
        digit = text[0].isdigit()
        odd = {"some": digit} if prompt.metadata["odd"] else {}
        assert said == {"short": len(text) <= 2, "digit": digit, **odd}


async def test_a_judge_that_no_worker_knows_is_heard_as_not_asked() -> None:
    job = new_job(DIGIT, LostJudge())
    pool = JudgePool(job, rules=[Here(Rules())], rewards=[], askers={})
    collector = Collector(replace(FakeFleet().workers, judges=PoolJudges(pool)), {"math": job.tasks[0]})
    completion = make_completion(PROMPTS["math"][0], text="4")
    ((digit, lost),) = await collector.judge([(PROMPTS["math"][0], completion)])
    assert digit.satisfied is True
    assert (lost.judge, lost.satisfied, lost.reason) == ("lost", None, NOT_ASKED)
    assert Sample(completion=completion, verdicts=(digit, lost)).satisfied is None


def test_they_are_checked_and_planned(tmp_path: Path) -> None:
    path = tmp_path / "prompts.jsonl"
    path.write_text('{"prompt": "Say a digit."}\n' * 10)
    job = new_job(SHORT, DIGIT)
    task = job.tasks[0].model_copy(update={"prompts": Prompts(path=str(path))})
    plan = make_plan(
        job.model_copy(update={"tasks": (task,)}), Cluster(nodes=(Node(cpus=8.0, gpus=0.0, memory_bytes=2**40),))
    )
    assert [actor.model for role in ("judge", "llm-judge") for actor in plan.of(role)] == ["", "org/oracle"]
    check_judges(job)
    with pytest.raises(SpecError, match="judge 'short' of task 'math' asks no question"):
        check_judges(new_job(ShortJudge(model="m", words="Short.")))


@given(response=st.text(max_size=20))
def test_the_rule_keeps_the_laws(response: str) -> None:
    keeps_the_law_of_judges(DIGIT)
    keeps_the_law_of_rules(DIGIT, Case(response=response))


@given(rows=ROWS)
def test_the_asking_judge_keeps_the_laws(rows: Sequence[tuple[str, Said]]) -> None:
    keeps_the_law_of_judges(SHORT)
    keeps_the_law_of_asking(SHORT, rows)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_its_file_and_a_line_in_the_union(kind: type[Judge]) -> None:
    name = re.compile(rf"\b{kind.__name__}\b")
    files = {
        str(path.relative_to(ROOT))
        for house in ("raylign", "actors")
        for path in (ROOT / house).rglob("*.py")
        if name.search(path.read_text())
    }
    assert files == {f"{kind.__module__.replace('.', '/')}.py", "raylign/judges/kinds.py"}
