"""What holds for every judge, whatever it is asked: laws that a kind's tests put it to."""

import math
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import replace

from fakes import make_prompt
from hypothesis import strategies as st

from raylign.judges.askers import Asked, Conversation, Said, Spelled, Written
from raylign.judges.judge import Judge
from raylign.judges.kinds import KINDS
from raylign.judges.questions.asking import AskingJudge
from raylign.judges.questions.pairwise_judge import PairwiseJudge
from raylign.judges.questions.rubric_judge import RubricJudge
from raylign.judges.questions.silence import says_nothing
from raylign.judges.questions.templates import quote
from raylign.judges.questions.two_token import LLMJudge
from raylign.judges.rules.choice import ChoiceJudge
from raylign.judges.rules.code import CodeJudge
from raylign.judges.rules.instructions.judge import InstructionsJudge
from raylign.judges.rules.json_schema import JSONJudge
from raylign.judges.rules.length import LengthJudge
from raylign.judges.rules.math import MathJudge
from raylign.judges.rules.python import PythonJudge
from raylign.judges.rules.refusal import RefusalJudge
from raylign.judges.rules.regex import RegexJudge
from raylign.judges.rules.rule import Case, RuleJudge
from raylign.judges.rules.string_check import StringCheckJudge
from raylign.verdicts import THE_RESPONSE, Verdict, hear

RULES: list[RuleJudge] = [
    MathJudge(),
    MathJudge(format="(.*)"),
    InstructionsJudge(),
    InstructionsJudge(strict=False),
    CodeJudge(timeout_s=1),
    LengthJudge(maximum=3),
    LengthJudge(unit="tokens"),
    RegexJudge(pattern=r"\w+"),
    StringCheckJudge(operation="ilike", strip=True),
    JSONJudge(json_schema={"type": "array", "items": {"type": "integer"}, "minItems": 1}),
    JSONJudge(take="fence"),
    ChoiceJudge(key="letter"),
    RefusalJudge(want="refuse"),
    PythonJudge(source="def grade(sample, item): return sample['output_text'] == 'yes'", timeout_s=20),
]
ASKING: list[AskingJudge] = [
    LLMJudge(model="m", template="{{ prompt }} {{ response }}", positive=" Yes", negative=" No"),
    LLMJudge(model="m", question="safety"),
    RubricJudge(model="m", rubric="explanation", threshold=3),
    PairwiseJudge(model="m"),
]
assert {type(judge) for judge in [*RULES, *ASKING]} == set(KINDS)

LOGPROBS = st.floats(max_value=0.0) | st.just(math.nan)
SAID: st.SearchStrategy[Said] = st.tuples(LOGPROBS, LOGPROBS) | st.sampled_from(
    ("too long", "control token", "template: UndefinedError")
)
SAYING = st.text(max_size=20).filter(lambda text: not says_nothing(text))
ROWS = st.lists(st.tuples(SAYING, SAID), max_size=5)
"""(response, what the model says of it)."""


class Model:
    """Says what it was told to, whatever it is asked; ``shown`` holds what it read."""

    def __init__(self, said: Sequence[Said] = ()) -> None:
        self.said = said
        self.shown: list[str] = []

    def next_token(self, asked: Sequence[Asked], answers: Mapping[str, Spelled]) -> list[Said]:
        self._show(asked)
        return [said for said in self.said for _ in range(len(asked) // len(self.said))]

    def write(self, asked: Sequence[Asked], *, max_tokens: int) -> list[Written | str]:
        self._show(asked)
        return [said if isinstance(said, str) else Written(text=str(said), ended=True) for said in self.said]

    def _show(self, asked: Sequence[Asked]) -> None:
        texts = [one.plain if isinstance(one, Conversation) else one for one in asked]
        self.shown += [text(lambda foreign: f"<{foreign}>") for text in texts]


def keeps_the_law_of_judges(judge: Judge) -> None:
    """It travels, has a name, applies by its `when`, and is heard even where it stays silent."""
    assert pickle.loads(pickle.dumps(judge)) == judge
    assert judge.label
    picky = judge.model_copy(update={"when": {"a": 1}})
    assert (picky.applies({"a": 1}), picky.applies({})) == (True, False)
    (unheard,) = hear([judge.label])
    assert (unheard.judge, unheard.satisfied) == (judge.label, None)
    assert bool(judge.asks()) == (judge.runs_in == "engine")


def keeps_the_law_of_rules(judge: RuleJudge, case: Case) -> None:
    """It answers, never raises, and says why unless it is satisfied."""
    ruling = judge.rule(case)
    assert ruling.satisfied in (True, False, None)
    assert bool(ruling.reason) == (ruling.satisfied is not True)
    assert len(ruling.reason) < 1000
    assert pickle.loads(pickle.dumps(ruling)) == ruling
    assert judge.limit_s > 0


def keeps_the_law_of_asking(judge: AskingJudge, rows: Sequence[tuple[str, Said]]) -> None:
    """One signed verdict a response, in their order; foreign text is shown; what is not read does not satisfy."""
    responses, said = [response for response, _ in rows], [said for _, said in rows]
    model = Model(said)
    prompt = replace(make_prompt(), baseline="a baseline")
    verdicts = judge.ask(model, [(prompt, response) for response in responses])
    assert [verdict.judge for verdict in verdicts] == [judge.label] * len(responses)
    assert all(bool(verdict.reason) == (verdict.satisfied is not True) for verdict in verdicts)
    times = len(model.shown) // max(len(responses), 1)
    for response, text in zip(responses, model.shown[::times] if times else (), strict=True):
        assert f"<{response}>" in text or f"<{quote(response)}>" in text
    for verdict, words in zip(verdicts, said, strict=True):
        if isinstance(words, str):
            blamed = False if words in THE_RESPONSE else None
            assert verdict == Verdict(judge=judge.label, satisfied=blamed, reason=words, seconds=verdict.seconds)
