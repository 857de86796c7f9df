"""Settings that name a place on a disk: all of them are marked, so all of them are found."""

import contextlib
from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError
from service import job_document

from raylign import bounds
from raylign.located import DATA, MODEL, marked, places
from raylign.settings import Spec
from raylign.spec import parse_job
from raylign.spec.kinds import KINDS

COMMON = {"name", "when", "system", "stop", "chat_template_kwargs", "template"}
"""Texts of many kinds: labels, what rows are asked for, what models read."""
TEXTS = {
    *("ChoiceJudge.key", "Criterion.about", "JSONJudge.json_schema", "LLMAnnotator.first", "LLMAnnotator.second"),
    *("LLMJudge.negative", "LLMJudge.positive", "Lagrangian.targets", "LoRA.targets", "Prompts.columns"),
    *("Prompts.split", "Prompts.subset", "PythonJudge.source", "PythonReward.source", "RegexJudge.pattern"),
    *("Resources.env", "Rubric.subject", "Rubric.verdicts", "RulesReward.weights", "StringCheckJudge.key"),
    "StringCheckJudge.reference",
    "MLflow.uri",  # an address, which no posted job may say: `raylign.service.allowance`
}
"""Settings that may hold the text of a path, and never name one."""


def models(annotation: Any, seen: set[type[BaseModel]]) -> Iterator[type[BaseModel]]:
    """All settings that a type holds, and theirs."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation not in seen:
            seen.add(annotation)
            yield annotation
            for field in annotation.model_fields.values():
                yield from models(field.annotation, seen)
        return
    for part in get_args(annotation):
        yield from models(part, seen)


def takes_a_path(annotation: Any, metadata: list[Any]) -> bool:
    """Whether a text that is a path of this machine passes for such a value, or for a part of it."""
    if get_origin(annotation) is Literal or annotation in (Ellipsis, NoneType):
        return False
    whole = Annotated[(annotation, *metadata)] if metadata else annotation
    with contextlib.suppress(ValidationError, PydanticSchemaGenerationError, TypeError):
        if annotation is Any or TypeAdapter(whole).validate_python("/etc/passwd") == "/etc/passwd":
            return True
    bare = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    kept = metadata if get_origin(bare) in (Union, UnionType) else []
    return any(takes_a_path(part, kept) for part in get_args(bare))


def unmarked() -> set[str]:
    seen: set[type[BaseModel]] = set()
    return {
        f"{model.__name__}.{name}"
        for kind in KINDS
        for model in models(kind, seen)
        for name, field in model.model_fields.items()
        if not marked((field.annotation, *field.metadata)) and takes_a_path(field.annotation, list(field.metadata))
    }


def test_every_setting_that_takes_a_path_is_marked_or_known_to_be_a_text() -> None:
    """A new one that names a file is marked, and so confined; any other is written down above."""
    strange = {name for name in unmarked() if name.partition(".")[2] not in COMMON}
    assert strange == TEXTS


class Inner(Spec):
    file: bounds.Data | None = None
    several: tuple[Annotated[str, DATA], ...] = ()
    named: dict[str, Annotated[str, MODEL]] = Field(default_factory=dict)
    text: str = "/not/a/place"


class Outer(Spec):
    inner: Inner
    more: tuple[Inner | int, ...] = ()
    base: bounds.Model = "org/name"


def test_places_are_found_however_deep_they_stand() -> None:
    inner = Inner(file="a", several=("b", "c"), named={"x": "d"})
    outer = Outer(inner=inner, more=(1, Inner(file="e")))
    found = [(one.at, one.value, one.what) for one in places(outer)]
    assert found == [
        ("inner.file", "a", "data"),
        ("inner.several[0]", "b", "data"),
        ("inner.several[1]", "c", "data"),
        ("inner.named.x", "d", "model"),
        ("more[1].file", "e", "data"),
        ("base", "org/name", "model"),
    ]


def test_the_places_of_a_job() -> None:
    document = job_document()
    judges = [
        {
            "type": "llm",
            "model": {"model": "judge", "replicas": 2},
            "template": "{{ response }}",
            "positive": "y",
            "negative": "n",
        },
        {"type": "math", "canaries": {"path": "/canaries"}},
    ]
    document["tasks"][0] |= {"judges": judges, "eval_prompts": {"path": "/eval"}}
    reward = {"type": "sum", "of": [{"model": "one"}, {"type": "rules"}]}
    document |= {
        "checkpoint": {"store": "s3://bucket/run"},
        "reference": {"model": "/reference"},
        "tasks": [document["tasks"][0] | {"reward": reward}],
    }
    assert {one.at: one.value for one in places(parse_job(document))} == {
        "policy.model": "m",
        "checkpoint.store": "s3://bucket/run",
        "reference.model": "/reference",
        "tasks[0].prompts.path": "p.jsonl",
        "tasks[0].eval_prompts.path": "/eval",
        "tasks[0].reward.of[0].model": "one",
        "tasks[0].judges[0].model.model": "judge",
        "tasks[0].judges[1].canaries.path": "/canaries",
    }
