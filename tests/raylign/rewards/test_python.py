import pytest

from raylign.judges.graders import RUNTIME
from raylign.judges.rules.rule import Case
from raylign.rewards.python import PythonReward


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("len(sample['output_text'])", 8.0),
        ("-0.5", -0.5),
        ("True", 1.0),
        ("False", 0.0),
        ("None", "the grader abstains"),
        ("float('nan')", f"{RUNTIME}: not finite"),
        ("10 ** 400", f"{RUNTIME}: not finite"),
        ("'1'", f"{RUNTIME}: returns str"),
        ("item['no']", f"{RUNTIME}: KeyError"),
    ],
)
def test_the_grade_is_the_reward(value: str, number: float | str) -> None:
    reward = PythonReward(source=f"def grade(sample, item): return {value}", timeout_s=20)
    assert reward.value(Case(response="response")) == number
