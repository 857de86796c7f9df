"""All kinds of judges and of annotators, as a job names them: unions on ``type``, a line for every kind."""

from typing import Annotated, get_args

from pydantic import Field

from raylign.judges.annotator import RewardAnnotator
from raylign.judges.judge import Judge
from raylign.judges.questions.pairwise import LLMAnnotator
from raylign.judges.questions.pairwise_judge import PairwiseJudge
from raylign.judges.questions.rubric_judge import RubricJudge
from raylign.judges.questions.two_token import LLMJudge
from raylign.judges.rules.code import CodeJudge
from raylign.judges.rules.instructions.judge import InstructionsJudge
from raylign.judges.rules.length import LengthJudge
from raylign.judges.rules.math import MathJudge
from raylign.judges.rules.regex import RegexJudge

AnyJudge = Annotated[
    MathJudge | InstructionsJudge | CodeJudge | LengthJudge | RegexJudge | LLMJudge | RubricJudge | PairwiseJudge,
    Field(discriminator="type"),
]
AnyAnnotator = Annotated[LLMAnnotator | RewardAnnotator, Field(discriminator="type")]

KINDS: tuple[type[Judge], ...] = get_args(get_args(AnyJudge)[0])
"""Of judges."""
