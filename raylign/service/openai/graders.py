"""Graders as a request says them, and the reward that each becomes: a program in the job's own sandbox."""

import ast
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, field_validator, model_validator

from raylign import bounds
from raylign.service.openai import grading
from raylign.service.openai.asked import Asked

TIMEOUT_S = 10.0
"""Of one response."""
UNMAPPED = {
    "score_model": "asks a model: send a job with `reward: {type: rubric}` to /v1/jobs instead",
    "label_model": "asks a model: send a job with a judge that does to /v1/jobs instead",
    "cosine": "needs a model of embeddings: name another metric",
    "meteor": "needs a thesaurus: name another metric",
}
"""What is refused, and why."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=bounds.NAME)]


def _templated(text: str) -> str:
    if "{{" in grading.TEMPLATE.sub("", text):
        raise ValueError("a template is `{{ item.KEY }}` or `{{ sample.output_text }}`, `{{ sample.output_json.KEY }}`")
    return text


Templated = Annotated[str, StringConstraints(max_length=bounds.TEMPLATE), BeforeValidator(_templated)]


class StringCheck(Asked):
    """1 where a text is, is not, or contains another."""

    type: Literal["string_check"]
    name: Name
    input: Templated
    reference: Templated
    operation: Literal["eq", "ne", "like", "ilike"]


class TextSimilarity(Asked):
    """How alike two texts are, from 0 to 1."""

    type: Literal["text_similarity"]
    name: Name
    input: Templated
    reference: Templated
    evaluation_metric: Literal[
        "fuzzy_match", "bleu", "gleu", "rouge_1", "rouge_2", "rouge_3", "rouge_4", "rouge_5", "rouge_l"
    ]

    @field_validator("evaluation_metric", mode="before")
    @classmethod
    def _mapped(cls, metric: Any) -> Any:
        if why := UNMAPPED.get(str(metric)):
            raise ValueError(f"{metric} {why}")
        return metric


class Python(Asked):
    """What a program's ``grade(sample, item)`` returns."""

    type: Literal["python"]
    name: Name
    source: Annotated[str, StringConstraints(min_length=1, max_length=bounds.SOURCE)]
    image_tag: None = None
    """None: programs have Python's standard library, and what the operator allows."""

    @field_validator("source")
    @classmethod
    def _defines_grade(cls, source: str) -> str:
        try:
            body = ast.parse(source).body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise ValueError(f"it is no Python: {error}") from None
        if not any(isinstance(one, ast.FunctionDef) and one.name == "grade" for one in body):
            raise ValueError("it defines no `grade(sample, item)`")
        return source


def _mapped(document: Any) -> Any:
    if isinstance(document, dict) and (why := UNMAPPED.get(str(document.get("type")))):
        raise ValueError(f"a grader of type {document['type']} {why}")
    return document


One: TypeAlias = Annotated[StringCheck | TextSimilarity | Python, Field(discriminator="type"), BeforeValidator(_mapped)]


class Multi(Asked):
    """A formula over several graders' scores."""

    type: Literal["multi"]
    name: Name
    graders: dict[Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]\w{0,63}$")], One] = Field(
        min_length=1, max_length=bounds.REWARDS
    )
    calculate_output: Annotated[str, StringConstraints(min_length=1, max_length=bounds.TEXT)]

    @model_validator(mode="after")
    def _formula_is_of_these(self) -> "Multi":
        if strange := sorted(grading.names(grading.parse(self.calculate_output)) - self.graders.keys()):
            raise ValueError(f"`calculate_output` names {strange[0]!r}, and graders are {', '.join(self.graders)}")
        if clash := sorted(self.graders.keys() & grading.FUNCTIONS.keys()):
            raise ValueError(f"a grader is called {clash[0]!r}, which is a function of formulas")
        return self


Grader: TypeAlias = Annotated[
    StringCheck | TextSimilarity | Python | Multi, Field(discriminator="type"), BeforeValidator(_mapped)
]


class GraderRun(Asked):
    """A grader to be tried on one response."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    grader: Grader
    model_sample: Annotated[str, StringConstraints(max_length=200_000)]
    item: dict[str, Any] = Field(default_factory=dict, max_length=bounds.NAMES)


class GraderValidation(Asked):
    """A grader to be looked at."""

    grader: Grader


def program(grader: Grader) -> str:
    """The source that grades in the sandbox: it defines ``grade(sample, item)``."""
    if isinstance(grader, Python):
        return grader.source
    return f"{_runtime()}\n\nimport json\n\ngrade = build(json.loads({grader.model_dump_json()!r}))\n"


def reward(grader: Grader) -> dict[str, Any]:
    """What a job says of it."""
    return {"type": "python", "source": program(grader), "timeout_s": TIMEOUT_S}


@cache
def _runtime() -> str:
    return Path(grading.__file__).read_text(encoding="utf-8")
