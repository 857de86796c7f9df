"""All kinds of judges and of annotators, as a job names them: unions on ``type``, a line for every kind."""

from typing import TYPE_CHECKING, Annotated, TypeAlias, Union

from pydantic import Field

from raylign.extensions import extended
from raylign.judges.annotator import RewardAnnotator
from raylign.judges.judge import Judge
from raylign.judges.questions.asking import AskingJudge
from raylign.judges.questions.pairwise import LLMAnnotator
from raylign.judges.questions.pairwise_judge import PairwiseJudge
from raylign.judges.questions.rubric_judge import RubricJudge
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
from raylign.judges.rules.rule import RuleJudge
from raylign.judges.rules.string_check import StringCheckJudge

OWN: tuple[type[Judge], ...] = (
    MathJudge,
    InstructionsJudge,
    CodeJudge,
    LengthJudge,
    RegexJudge,
    StringCheckJudge,
    JSONJudge,
    ChoiceJudge,
    RefusalJudge,
    PythonJudge,
    LLMJudge,
    RubricJudge,
    PairwiseJudge,
)
KINDS = extended(OWN, group="raylign.judges", bases=(RuleJudge, AskingJudge))
"""Of judges: the library's own, and those that other distributions bring."""
if TYPE_CHECKING:
    AnyJudge: TypeAlias = Judge
else:
    AnyJudge = Annotated[Union[KINDS], Field(discriminator="type")]  # noqa: UP007
AnyAnnotator = Annotated[LLMAnnotator | RewardAnnotator, Field(discriminator="type")]
