"""Who is asked what, with workers in this process."""

from typing import Any

from fakes import make_completion, make_prompt

from actors.judge_pool import JudgePool
from raylign.spec import parse_job
from raylign.types import Verdict


class FakeMember:
    """Satisfied with everything; ``asked`` holds what it was asked about."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def call(self, method: str, *args: Any, **_: Any) -> Any:
        if method == "judge":
            spec, rows = args
            self.asked += [prompt.id for prompt, _ in rows]
            return [Verdict(judge=spec.label, satisfied=True) for _ in rows]
        (pairs,) = args
        self.asked += [prompt.id for prompt, _ in pairs]
        return [(Verdict(judge="regex", satisfied=True),) for _ in pairs]


def make_pool(*judges: dict[str, Any]) -> tuple[JudgePool, FakeMember, FakeMember]:
    task = {
        "name": "math", "prompts": {"path": "p"}, "reward": {"model": "org/rm"}, "judges": judges,
        "method": {"type": "crpg"},
    }  # fmt: skip
    job = parse_job({"name": "test", "steps": 1, "policy": {"model": "org/policy"}, "tasks": [task]})
    rules, llm = FakeMember(), FakeMember()
    return JudgePool(job, rules=[rules], rewards=[], llms={"org/judge": llm}), rules, llm


async def test_a_judge_with_a_null_in_when_is_asked_only_about_prompts_that_hold_it():
    when = {"kind": None}
    llm_judge = {"type": "llm", "model": "org/judge", "template": "t", "positive": "Y", "negative": "N", "when": when}
    pool, rules, llm = make_pool({"type": "regex", "pattern": ".", "when": when}, llm_judge)
    prompts = [make_prompt(number=0), make_prompt(number=1, kind=None), make_prompt(number=2, kind="a")]
    said = await pool.judge([(prompt, make_completion(prompt)) for prompt in prompts])
    assert llm.asked == rules.asked == ["math/1"]
    assert [[verdict.judge for verdict in verdicts] for verdicts in said] == [[], ["regex", "llm"], []]
