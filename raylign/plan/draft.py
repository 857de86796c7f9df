"""A first job for a model and a data set: as far as the two tell, with a word on each choice that is somebody's."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from raylign.errors import SpecError
from raylign.judges.judge import Judge
from raylign.judges.kinds import KINDS
from raylign.methods import AnyMethod
from raylign.methods.method import Method
from raylign.plan.cluster import local_node
from raylign.plan.model_files import find_model
from raylign.plan.survey import Survey, survey_prompts
from raylign.spec.document import read_yaml
from raylign.spec.load import parse_prompts
from raylign.spec.prompts import HUB

_METHOD: TypeAdapter[Method] = TypeAdapter(AnyMethod)
LIKELY = 0.5
"""Share of the prompts that must have what a judge reads for it to be proposed."""
STEPS = 100
PROMPTS_PER_STEP = 16
LONGEST_RESPONSE = 256
EVALUATED = 128
"""Prompts: at 50 % its 95 % interval is 9 points to either side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What `raylign init` is told; what is absent it finds out, or takes our word for."""

    model: str
    prompts: str
    eval_prompts: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    """What these files call things."""
    method: str = "crpg"
    """A type, or written out, ``{type: crpg, kl_max: 5}``."""
    judges: Sequence[str] = ()
    """Each a type, ``math``, or written out, ``{type: length, maximum: 80}``."""
    reward: str | None = None
    """A reward model."""


def draft(wish: Wish, out: Path) -> str:
    """The job as YAML with comments, to be written to ``out``: paths are as seen from its folder.

    Raises `SpecError` where model or prompts are wrong, as `raylign check` does.
    """
    model, where = find_model(wish.model), out.resolve().parent
    prompts = parse_prompts({"path": _here(wish.prompts), "columns": dict(wish.columns)}, source="the prompts")
    survey = survey_prompts(prompts, candidates := _candidates())
    proposed = [{"type": kind.label} for kind in _likely(candidates, survey)]
    judges = [_part(one) for one in wish.judges] or proposed
    longest = longest_response(model.max_position if model else None)
    dtype = "bfloat16" if local_node().gpus else "float32"
    return "\n".join(_lines(wish, where, survey, judges, found=not wish.judges, dtype=dtype, longest=longest)) + "\n"


def longest_response(context: int | None) -> int:
    """Tokens; at most half of what prompt and response may have together, where that is known."""
    return min(LONGEST_RESPONSE, context // 2) if context else LONGEST_RESPONSE


def _lines(
    wish: Wish, where: Path, survey: Survey, judges: Sequence[Any], *, found: bool, dtype: str, longest: int
) -> Iterator[str]:
    method = _part(wish.method)
    yield "# `raylign check` looks it over, `raylign plan` says what it takes, `raylign run` runs it. Every setting:"
    yield "# `raylign schema`; settings may also stand after the file, `raylign run FILE steps=10`."
    yield f"name: {_name(wish)}"
    yield f"steps: {STEPS}  # of the optimizer; look at the report before you make it more"
    yield f"policy: {{model: {_model(wish.model, where)}, dtype: {dtype}}}  # lora: {{rank: 16}} trains adapters alone"
    yield "tasks:"
    yield "  - name: main"
    about = f"{survey.prompts} prompts, the longest about {survey.longest_tokens} tokens"
    yield f"    prompts: {_prompts(wish.prompts, wish, where)}  # {about}"
    if survey.understood:
        yield f"    # {survey.understood}"
    if wish.eval_prompts:
        yield f"    eval_prompts: {_prompts(wish.eval_prompts, wish, where)}"
    else:
        yield "    # eval_prompts: {path: ...}  # prompts that are never trained on, for the before and after"
    yield f"    prompts_per_step: {min(PROMPTS_PER_STEP, survey.prompts)}"
    yield f"    samples_per_prompt: {_samples(method)}  # responses to each; they are compared"
    if wish.reward:
        yield f"    reward: {{model: {_model(wish.reward, where)}}}  # what should be high"
    elif judges:
        yield "    reward: {type: rules}  # the share of judges that hold; {model: ...} names a reward model"
    else:
        yield "    reward: {type: length, target: 100}  # a stand-in for what you want, {model: ...} is a reward model"
    yield "    judges:  # what must hold, each of them; docs/judges.md has all kinds"
    if found and judges:
        yield "      # proposed, for the prompts have what they read"
    elif not judges:
        yield "      # the prompts say of nothing how it is checked: a limit of length stands in"
        judges = [{"type": "length", "maximum": 200, "unit": "words"}]
    for judge in judges:
        yield f"      - {_flow(judge)}"
    yield f"    method: {_flow(method)}  # docs/methods.md says what each does"
    yield f"rollout: {{max_tokens: {longest}}}  # longest response"
    yield "trainer: {learning_rate: 1.0e-6}  # for whole weights of ordinary models; adapters take ten times as much"
    yield f"evaluation: {{prompts: {min(EVALUATED, survey.prompts)}}}  # of each task, before and after"


def _prompts(path: str, wish: Wish, where: Path) -> str:
    columns = f", columns: {_flow(dict(wish.columns))}" if wish.columns else ""
    return f"{{path: {_place(path, where)}{columns}}}"


def _candidates() -> list[Judge]:
    """Judges that a type says all of, one for each thing that they read."""
    made: dict[str, Judge] = {}
    for kind in KINDS:
        try:
            judge = kind()
        except ValidationError:  # it has settings that nobody can guess
            continue
        if judge.needs is not None:
            made.setdefault(judge.needs, judge)
    return list(made.values())


def _likely(candidates: Sequence[Judge], survey: Survey) -> list[Judge]:
    return [one for one in candidates if survey.lacking[one.label] <= (1 - LIKELY) * survey.prompts]


def _samples(method: Any) -> int:
    """Responses to a prompt. What is wrong with the method is told when the job is checked."""
    try:
        needs = _METHOD.validate_python(method).needs
    except ValidationError:
        return 4
    return 2 if needs.compares == "two" else 4


def _part(written: str) -> Any:
    read = read_yaml(written.encode())
    if isinstance(read, str):
        return {"type": read}
    if not isinstance(read, dict):
        raise SpecError(f"{written!r} is neither a type, `math`, nor written out, `{{type: length, maximum: 80}}`")
    return read


def _name(wish: Wish) -> str:
    kept = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in Path(wish.model).name)
    return _flow(f"{kept.strip('-') or 'policy'}-aligned"[-64:].lstrip("-_."))


def _here(path: str) -> str:
    return path if path.startswith(HUB) else str(Path(path).expanduser().absolute())


def _place(path: str, where: Path) -> str:
    """As the job writes it: from its own folder, where it lies below that."""
    whole = Path(_here(path)) if not path.startswith(HUB) else None
    if whole is None:
        return _flow(path)
    return _flow(str(whole.relative_to(where) if whole.is_relative_to(where) else whole))


def _model(model: str, where: Path) -> str:
    return _place(model, where) if Path(model).expanduser().exists() else _flow(model)


def _flow(value: Any) -> str:
    """A value within a line of YAML: bare where that reads as the same."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str) and not set(value) & set("{}[],:#&*!|>'\"%@`") and value == value.strip():
        try:
            if read_yaml(value.encode()) == value:
                return value
        except SpecError:
            pass
    return json.dumps(value)
