"""What is said of reward models that cannot read what they will be shown."""

from dataclasses import replace

import pytest
from fakes import FakeJudges, make_prompt
from loop_job import make_job, outline

from raylign.errors import SpecError
from raylign.sources.readers import require_readers
from raylign.workers import Reading

JOB = make_job(rollout={"max_tokens": 20})
JOB = JOB.model_copy(update={"tasks": JOB.tasks[:1]})
PROMPTS = [make_prompt(number=number) for number in range(4)]
SYSTEM = [replace(prompt, messages=({"role": "system", "content": "Be good."}, *prompt.messages)) for prompt in PROMPTS]


class Reader(FakeJudges):
    """Takes user turns alone, and so many tokens."""

    def __init__(self, context: int) -> None:
        super().__init__([])
        self.context = context
        self.asked: list[tuple[str, ...]] = []

    async def reading(self, head, shapes):
        self.asked += shapes
        return Reading(context=self.context, refusals={one: "no system" for one in shapes if one != ("user",)})


async def told(prompts, *, context=100, job=JOB):
    said: list[str] = []
    reader = Reader(context)
    await require_readers(job, {"math": outline(prompts)}, reader, lambda warned: said.append(warned.message))
    assert len(set(reader.asked)) == len(reader.asked)
    return said


async def test_prompts_that_are_read_are_not_spoken_of() -> None:
    assert await told(PROMPTS) == []


async def test_roles_that_the_reward_model_refuses_are_told_with_its_words() -> None:
    (message,) = await told([*PROMPTS, *SYSTEM[:1]])
    assert "refuses 1 of the 5 prompts of task 'math'" in message
    assert "does not take turns of system, user, assistant (no system)" in message


async def test_where_it_refuses_them_all_nothing_is_started() -> None:
    with pytest.raises(SpecError, match="refuses 4 of the 4 prompts .* name another reward model"):
        await told(SYSTEM)


async def test_a_context_that_responses_may_pass_is_told_of() -> None:
    assert await told(PROMPTS, context=23) == []
    (message,) = await told(PROMPTS, context=22)
    assert "may have 23 tokens" in message
    assert "reads 22: beyond them a response violates" in message


async def test_a_task_without_a_reward_model_asks_nobody() -> None:
    task = JOB.tasks[0].model_copy(update={"reward": None})
    assert await told(SYSTEM, job=JOB.model_copy(update={"tasks": (task,)})) == []
