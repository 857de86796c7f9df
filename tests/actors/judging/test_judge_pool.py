"""Who is asked what, with workers in this process."""

from collections.abc import Sequence
from typing import Any, ClassVar

from fakes import make_completion, make_prompt

from actors.judging.judge_pool import JudgePool
from raylign.judges.askers import Engine
from raylign.judges.judge import Judge, applying
from raylign.rewards.raters import Head
from raylign.spec import parse_job
from raylign.types import Completion, Prompt
from raylign.verdicts import Verdict

TASK = {"name": "math", "prompts": {"path": "p"}, "reward": {"model": "org/rm"}, "method": {"type": "crpg"}}


class FakeMember:
    """Satisfied with everything; ``asked`` holds what it was asked about."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def call(self, method: str, *args: Any, **_: Any) -> Any:
        if method == "ask":
            judge, rows = args
            self.asked += [response for _, response in rows]
            return [Verdict(judge=judge.label, satisfied=True) for _ in rows]
        (cases,) = args
        self.asked += [case.response for case, _ in cases]
        return [tuple(Verdict(judge=judge.label, satisfied=True) for judge in judges) for _, judges in cases]


def make_pool(*judges: dict[str, Any]) -> tuple[JudgePool, FakeMember, FakeMember]:
    task = {
        "name": "math", "prompts": {"path": "p"}, "reward": {"model": "org/rm"}, "judges": judges,
        "method": {"type": "crpg"},
    }  # fmt: skip
    job = parse_job({"name": "test", "steps": 1, "policy": {"model": "org/policy"}, "tasks": [task]})
    rules, llm = FakeMember(), FakeMember()
    return JudgePool(job, rules=[rules], rewards=[], askers={Engine(model="org/judge"): [llm]}), rules, llm


def asked(pool: JudgePool, *prompts: Prompt) -> list[tuple[Prompt, Completion, Sequence[Judge]]]:
    judges = pool.tasks["math"].judges
    return [(prompt, make_completion(prompt, text=prompt.id), applying(judges, prompt.metadata)) for prompt in prompts]


async def test_a_judge_with_a_null_in_when_is_asked_only_about_prompts_that_hold_it():
    when = {"kind": None}
    llm_judge = {"type": "llm", "model": "org/judge", "template": "t", "positive": "Y", "negative": "N", "when": when}
    pool, rules, llm = make_pool({"type": "regex", "pattern": ".", "when": when}, llm_judge)
    prompts = [make_prompt(number=0), make_prompt(number=1, kind=None), make_prompt(number=2, kind="a")]
    said = await pool.judge(asked(pool, *prompts))
    assert llm.asked == rules.asked == ["math/1"]
    assert [[verdict.judge for verdict in verdicts] for verdicts in said] == [[], ["regex", "llm"], []]


async def test_many_slow_programs_are_cut_into_calls_whose_deadlines_hold_them():
    """1,024 programs of 5 s over 2 processes are 43 minutes of work, which no one deadline can hold."""

    class Clocked(FakeMember):
        calls: ClassVar[list[tuple[int, float]]] = []

        async def call(self, method: str, *args: Any, seconds: float, **_: Any) -> Any:
            self.calls.append((len(args[0]), seconds))
            return await super().call(method, *args)

    task = {
        "name": "math", "prompts": {"path": "p"}, "reward": {"model": "org/rm"},
        "judges": [{"type": "regex", "pattern": ".", "timeout_s": 5.0}], "method": {"type": "crpg"},
    }  # fmt: skip
    document = {"name": "test", "steps": 1, "policy": {"model": "org/policy"}, "tasks": [task]}
    job = parse_job({**document, "judging": {"workers": 2, "processes": 2}})
    pool = JudgePool(job, rules=[Clocked(), Clocked()], rewards=[], askers={})
    prompts = [make_prompt(number=number) for number in range(1024)]
    said = await pool.judge(asked(pool, *prompts))
    assert [verdicts[0].judge for verdicts in said] == ["regex"] * 1024
    assert sum(rows for rows, _ in Clocked.calls) == 1024
    assert all(seconds >= rows * 5.0 / 2 + 60 for rows, seconds in Clocked.calls)
    assert all(seconds <= 2 * job.deadlines.judge_s for _, seconds in Clocked.calls)


HEADS = (Head("org/rm"),)


class Scorer:
    """A reward worker: the length of each text; knows in which calls it was asked."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[int]]] = []

    async def call(self, method: str, head: Head, groups: Any, **_: Any) -> Any:
        assert method == "reward_all"
        self.calls.append((head.model, [len(texts) for _, texts in groups]))
        return [[float(len(text)) for text in texts] for _, texts in groups]


async def test_a_reward_models_calls_are_bounded_and_part_no_prompts_responses() -> None:
    job = parse_job({"name": "test", "steps": 1, "policy": {"model": "org/policy"}, "tasks": [TASK]})
    one, other = Scorer(), Scorer()
    pool = JudgePool(job, rules=[], rewards=[(HEADS, one), (HEADS, other)], askers={})
    prompts = [make_prompt(number=number) for number in range(6)]
    groups = [(prompt, [make_completion(prompt, at, text="x" * at) for at in range(1, 41)]) for prompt in prompts]
    (part,) = job.tasks[0].reward_parts
    assert await pool.reward(part, groups) == [[float(at) for at in range(1, 41)]] * 6
    assert sorted(one.calls + other.calls) == [("org/rm", [40])] * 6  # 80 are more than a call takes


async def test_the_engines_of_one_model_share_its_questions_and_answers_stand_where_they_were_asked() -> None:
    model = {"model": "org/judge", "replicas": 2}
    judge = {"type": "llm", "model": model, "question": "safety"}
    task = {"name": "math", "prompts": {"path": "p"}, "judges": [judge]}
    task |= {"method": {"type": "crpg"}, "reward": {"model": "org/rm"}}
    job = parse_job({"name": "test", "steps": 1, "policy": {"model": "org/policy"}, "tasks": [task]})
    (asker,), members = job.askers(), [FakeMember(), FakeMember()]
    pool = JudgePool(job, rules=[FakeMember()], rewards=[], askers={asker: members})
    said = await pool.judge(asked(pool, *(make_prompt(number=number) for number in range(6))))
    assert sorted(members[0].asked + members[1].asked) == [f"math/{number}" for number in range(6)]
    assert [len(member.asked) for member in members] == [3, 3]
    assert [[verdict.judge for verdict in verdicts] for verdicts in said] == [["llm"]] * 6


async def test_a_reward_model_with_actors_of_its_own_is_asked_of_none_but_them() -> None:
    parts = [{"model": "org/rm"}, {"model": "org/large", "name": "large", "replicas": 2}]
    task = {**TASK, "reward": {"type": "sum", "of": parts}}
    job = parse_job({"name": "test", "steps": 1, "policy": {"model": "org/policy"}, "tasks": [task]})
    workers = [Scorer() for _ in job.heads_of_workers()]
    pool = JudgePool(job, rules=[], rewards=list(zip(job.heads_of_workers(), workers, strict=True)), askers={})
    prompts = [make_prompt(number=number) for number in range(4)]
    for part in job.tasks[0].reward_parts:
        await pool.reward(part, [(prompt, [make_completion(prompt)]) for prompt in prompts])
    assert [worker.calls for worker in workers] == [[("org/rm", [1] * 4)], *[[("org/large", [1, 1])]] * 2]


async def test_a_reward_that_is_a_program_is_asked_of_judge_workers_in_bounded_calls():
    class Counting:
        calls: ClassVar[list[int]] = []

        async def call(self, method: str, part: Any, cases: Any, **_: Any) -> Any:
            assert (method, part.label) == ("rate_all", "python")
            self.calls.append(len(cases))
            return [float(len(case.response)) for case in cases]

    source = "def grade(sample, item): return len(sample['output_text'])"
    task = {**TASK, "reward": {"type": "python", "source": source}}
    job = parse_job(
        {"name": "test", "steps": 1, "policy": {"model": "org/policy"}, "tasks": [task], "deadlines": {"judge_s": 60}}
    )
    assert [actors.count for actors in job.actors() if actors.role == "judge"] == [job.judging.workers]
    pool = JudgePool(job, rules=[Counting()], rewards=[], askers={})
    (part,) = job.tasks[0].reward_parts
    prompts = [make_prompt(number=number) for number in range(10)]
    groups = [
        (prompt, [make_completion(prompt, index, text="x" * (index + 1)) for index in range(4)]) for prompt in prompts
    ]
    assert await pool.reward(part, groups) == [[1.0, 2.0, 3.0, 4.0]] * 10
    assert sum(Counting.calls) == 40
    assert len(Counting.calls) > 1
