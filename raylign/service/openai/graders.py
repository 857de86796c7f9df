"""Graders as a request says them, and the reward that each becomes: a program in the job's own sandbox, or a model that
is asked for a number."""

import ast
import re
from collections.abc import Callable
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
    "label_model": "wants a label back, and a model is asked for numbers here: say the same by a `score_model`, 1 for "
    "a passing label and 0 for another; or send a job with a judge that asks a model to /v1/jobs",
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


def _part(document: Any) -> Any:
    if isinstance(document, dict) and document.get("type") == "score_model":
        raise ValueError(
            "a score_model stands alone: formulas of a `multi` are computed where programs run, which ask no model. "
            "Send a job with `reward: {type: sum}` to /v1/jobs instead"
        )
    return _mapped(document)


One: TypeAlias = Annotated[StringCheck | TextSimilarity | Python, Field(discriminator="type"), BeforeValidator(_part)]


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


class Said(Asked):
    """One turn of what a model is asked."""

    role: Literal["system", "developer", "user"]
    content: Templated
    type: Literal["message"] = "message"


class Sampling(Asked):
    """How the model writes: here always its likeliest token."""

    temperature: Literal[0] | None = None
    top_p: Literal[1] | None = None
    seed: None = None
    reasoning_effort: None = None
    max_completions_tokens: Annotated[int, Field(ge=1, le=bounds.TOKENS)] | None = None


class ScoreModel(Asked):
    """The number that a model gives: one that the operator registered, or that a job of one's own has made."""

    type: Literal["score_model"]
    name: Name
    model: Name
    input: Annotated[list[Said], Field(min_length=1, max_length=2)]
    """What it is asked: a user's turn, perhaps after what it is told first."""
    range: tuple[float, float] = (0.0, 1.0)
    sampling_params: Sampling = Sampling()

    @field_validator("input")
    @classmethod
    def _ends_with_the_user(cls, said: list[Said]) -> list[Said]:
        if [one.role == "user" for one in said] not in ([True], [False, True]):
            raise ValueError("a model is asked one user's turn here, after one system or developer message at most")
        return said

    @field_validator("range")
    @classmethod
    def _rises(cls, said: tuple[float, float]) -> tuple[float, float]:
        if not -bounds.FACTOR <= said[0] < said[1] <= bounds.FACTOR:
            raise ValueError(f"a range rises, and stays within {bounds.FACTOR:g}: it is {list(said)}")
        return said


Programmed: TypeAlias = StringCheck | TextSimilarity | Python | Multi
"""Run in the sandbox."""
Grader: TypeAlias = Annotated[
    StringCheck | TextSimilarity | Python | ScoreModel | Multi, Field(discriminator="type"), BeforeValidator(_mapped)
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


def program(grader: Programmed) -> str:
    """The source that grades in the sandbox: it defines ``grade(sample, item)``."""
    if isinstance(grader, Python):
        return grader.source
    return f"{_runtime()}\n\nimport json\n\ngrade = build(json.loads({grader.model_dump_json()!r}))\n"


def reward(grader: Grader, asker: Callable[[str], Any]) -> dict[str, Any]:
    """What a job says of it. ``asker``: who is asked where one says the model of that name. Raises what that does."""
    if isinstance(grader, ScoreModel):
        told = {"user" if one.role == "user" else "system": jinja(one.content) for one in grader.input}
        most = grader.sampling_params.max_completions_tokens
        return {
            "type": "score",
            "model": asker(grader.model),
            "template": told["user"],
            "lowest": grader.range[0],
            "highest": grader.range[1],
            **({"system": told["system"]} if "system" in told else {}),
            **({"max_tokens": most} if most else {}),
        }
    return {"type": "python", "source": program(grader), "timeout_s": TIMEOUT_S}


def jinja(template: str) -> str:
    """OpenAI's template as Jinja's: places by subscript, what is no text as JSON, all else as it stands."""
    made, at = [], 0
    for found in grading.TEMPLATE.finditer(template):
        steps = grading.STEP.findall(found[2])
        place = found[1] + "".join(f"[{name!r}]" if name else f"[{index}]" for name, index in steps)
        made += [_plain(template[at : found.start()]), f"{{{{ {place} if {place} is string else {place} | tojson }}}}"]
        at = found.end()
    return "".join([*made, _plain(template[at:])])


def _plain(text: str) -> str:
    return re.sub(r"\{(?=[%#])", "{{ '{' }}", text)


@cache
def _runtime() -> str:
    return Path(grading.__file__).read_text(encoding="utf-8")
