"""Rewards of kinds that nothing but this file knows: checked, planned, asked, lawful, with no edit elsewhere."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest
from fakes import FakeFleet
from hypothesis import given
from loop_job import make_job, take
from reward_laws import RESPONSES, keeps_the_law_of_rewards

from raylign.errors import SpecError
from raylign.judges.askers import Answers, Asker, Engine, Said, Writer
from raylign.methods import GRPO
from raylign.plan.check import check_judges
from raylign.plan.cluster import Cluster, Node
from raylign.plan.resolve import make_plan
from raylign.record.events.payloads import StepDone
from raylign.rewards.asking import AskingReward
from raylign.rewards.kinds import KINDS
from raylign.rewards.raters import Answered, Head, Raters, Value
from raylign.rewards.reward import AskedPart, KnownPart, Part, Reward
from raylign.rewards.sum import SumReward
from raylign.spec.task import Prompts
from raylign.types import Completion, Prompt
from raylign.verdicts import Verdict

ROOT = Path(__file__).parents[3]


class DigitsReward(KnownPart):
    """How many digits the response has; of none it does not speak."""

    type: Literal["digits"] = "digits"

    def tell(self, prompt: Prompt, completion: Completion, verdicts: Sequence[Verdict]) -> Value:
        return float(sum(map(str.isdigit, completion.text))) or "no digits"


class CalmReward(AskingReward):
    """How probable a model finds it that the response is calm."""

    type: Literal["calm"] = "calm"
    model: str
    words: str = "Is it calm?"

    @property
    def asker(self) -> Asker:
        return Engine(model=self.model)

    def check(self, *, whose: str) -> None:
        if not self.words.endswith("?"):
            raise SpecError(f"{whose} asks no question")

    def rate_all(self, model: Answers, rows: Sequence[tuple[Prompt, str]]) -> list[Value]:
        def text(response: str) -> Writer:
            return lambda show: f"{self.words} {show(response)}"

        said = model.next_token([text(response) for _, response in rows], {"yes": "Y"})
        return [one if isinstance(one, str) else one[0] for one in said]


class ElsewhereReward(AskedPart):
    """It has a way of its own to its worker."""

    runs_in: ClassVar = "endpoint"

    type: Literal["elsewhere"] = "elsewhere"

    async def rate(self, raters: Raters, groups: Sequence[Answered]) -> list[list[Value]]:
        return [[float(len(completion.text)) for completion in completions] for _, completions in groups]


class Oracle:
    """The model that is asked."""

    def next_token(self, texts: Sequence[Writer], answers: Mapping[str, str]) -> list[Said]:
        return [(-0.5 * len(write(str)),) for write in texts]


class Workers:
    """What the pool is: it takes parts of rewards to whom they ask."""

    async def score(self, head: Head, groups: Sequence[Answered]) -> list[list[Value]]:
        raise AssertionError("no reward model in this job")

    async def ask(self, question: Any, rows: Sequence[Any]) -> list[Any]:
        return list(question.ask(Oracle(), rows))


DIGITS, CALM, ELSEWHERE = DigitsReward(), CalmReward(model="org/oracle", weight=0.1), ElsewhereReward(weight=-1.0)
ALL = SumReward.model_construct(of=(CALM, ELSEWHERE, DIGITS))


def new_job(reward: Reward):
    job = make_job(steps=2, evaluation={"prompts": 0})
    task = job.tasks[0].model_copy(update={"reward": reward, "method": GRPO(), "judges": ()})
    return job.model_copy(update={"tasks": (task,)})


async def test_they_reward_in_the_loop(tmp_path: Path) -> None:
    job, events, fleet = new_job(ALL), [], FakeFleet()

    async def reward(part: AskedPart, groups: Sequence[Answered]) -> list[list[Value]]:
        return await part.rate(Workers(), groups)

    fleet.judges.reward = reward
    await take(job, fleet, tmp_path, emit=events.append)
    steps = [said.tasks["math"] for said in events if isinstance(said, StepDone)]
    assert [set(step.rewards) for step in steps] == [{"calm", "elsewhere", "digits"}] * 2
    for step in steps:
        assert step.rewards["elsewhere"] > 0 > step.rewards["calm"]
        assert step.examples + step.skips.get("reward no digits", 0) == 12
    assert "step" in fleet.calls


def test_they_are_checked_and_planned(tmp_path: Path) -> None:
    path = tmp_path / "prompts.jsonl"
    path.write_text('{"prompt": "Say a digit."}\n' * 10)
    job = new_job(ALL)
    task = job.tasks[0].model_copy(update={"prompts": Prompts(path=str(path))})
    plan = make_plan(
        job.model_copy(update={"tasks": (task,)}), Cluster(nodes=(Node(cpus=8.0, gpus=0.0, memory_bytes=2**40),))
    )
    assert [actor.model for actor in plan.of("llm-judge")] == ["org/oracle"]
    assert plan.of("judge") == plan.of("reward") == []
    assert plan.tasks[0].reward == "0.1 calm + -1 elsewhere + digits"
    with pytest.raises(SpecError, match="reward 'calm' of task 'math' asks no question"):
        check_judges(new_job(CalmReward(model="m", words="Calm.")))


@pytest.mark.parametrize("reward", [DIGITS, CALM, ELSEWHERE, ALL], ids=lambda reward: reward.type)
@given(rows=RESPONSES)
def test_they_keep_the_law(reward: Reward, rows: list[Any]) -> None:
    keeps_the_law_of_rewards(reward, rows)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_its_file_and_a_line_in_the_union(kind: type[Part]) -> None:
    name = re.compile(rf"\b{kind.__name__}\b")
    files = {
        str(path.relative_to(ROOT))
        for house in ("raylign", "actors")
        for path in (ROOT / house).rglob("*.py")
        if name.search(path.read_text())
    }
    assert files == {f"{kind.__module__.replace('.', '/')}.py", "raylign/rewards/kinds.py"}
