"""Every rule judge behind one function."""

from raylign.judges import code, instructions, length, math, regex
from raylign.judges.ruling import Case, Ruling
from raylign.spec.judges import (
    CodeJudge,
    InstructionsJudge,
    LengthJudge,
    MathJudge,
    RegexJudge,
    RuleJudge,
)


def rule(spec: RuleJudge, case: Case) -> Ruling:
    """What the judge says. May take for ever on hostile text: run it where it can be killed (`RuleJudges`)."""
    match spec:
        case MathJudge():
            return math.judge(spec, case)
        case InstructionsJudge():
            return instructions.judge(spec, case)
        case CodeJudge():
            return code.judge(spec, case)
        case LengthJudge():
            return length.judge(spec, case)
        case RegexJudge():
            return regex.judge(spec, case)
