"""Graders tried and looked at before a job is made of them, as OpenAI's clients ask for it."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from raylign.errors import SpecError
from raylign.judges import allowance, graders
from raylign.service import openapi
from raylign.service.gateway import Gateway
from raylign.service.openai import grading
from raylign.service.openai.graders import (
    TIMEOUT_S,
    GraderRun,
    GraderValidation,
    Multi,
    Programmed,
    ScoreModel,
    program,
)
from raylign.service.routes.keyed import answer, keyed_router

PREFIX = "/v1/fine_tuning/alpha/graders"
MAX_BYTES = 1_000_000
AT_ONCE = 2
MEMORY_MB, PROCESSES = 256, 4
"""Of one program that is tried."""


class RunErrors(BaseModel):
    """What went wrong, in the words of OpenAI's graders."""

    model_config = ConfigDict(protected_namespaces=())

    formula_parse_error: bool = False
    invalid_variable_error: bool = False
    model_grader_parse_error: bool = False
    model_grader_refusal_error: bool = False
    model_grader_server_error: bool = False
    model_grader_server_error_details: str | None = None
    other_error: bool = False
    python_grader_runtime_error: bool = False
    python_grader_runtime_error_details: str | None = None
    python_grader_server_error: bool = False
    python_grader_server_error_type: str | None = None
    sample_parse_error: bool = False
    truncated_observation_error: bool = False
    unresponsive_reward_error: bool = False


class RunMetadata(BaseModel):
    """How a run went."""

    name: str
    type: str
    errors: RunErrors
    execution_time: float
    scores: dict[str, float | None]
    token_usage: int | None = None
    sampled_model_name: str | None = None


class GraderRunResult(BaseModel):
    """What a grader said of a response."""

    model_config = ConfigDict(protected_namespaces=())

    reward: float
    """0 where it said nothing: see ``errors``."""
    sub_rewards: dict[str, float | None]
    metadata: RunMetadata
    model_grader_token_usage_per_model: dict[str, int]


class ValidGrader(BaseModel):
    """A grader that may be used, as it was understood."""

    grader: dict[str, Any]


def router(gateway: Gateway) -> APIRouter:
    """POST /v1/fine_tuning/alpha/graders/run and /validate."""
    routes = keyed_router(gateway, PREFIX, told=openapi.envelopes)
    threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="grader")

    @routes.post(
        "/run",
        response_model=GraderRunResult,
        responses=openapi.envelopes(408, 413),
        openapi_extra=openapi.body_of(GraderRun),
    )
    async def run(request: Request) -> Response:
        """Try a grader on one response, in a sandbox as a job's."""
        async with gateway.bodies.read(request, MAX_BYTES) as body:
            wanted = _read(TypeAdapter(GraderRun), body)
        return answer(await asyncio.get_running_loop().run_in_executor(threads, _run, wanted))

    @routes.post(
        "/validate",
        response_model=ValidGrader,
        responses=openapi.envelopes(408, 413),
        openapi_extra=openapi.body_of(GraderValidation),
    )
    async def validate(request: Request) -> Response:
        """Look at a grader: 400 with what is wrong."""
        async with gateway.bodies.read(request, MAX_BYTES) as body:
            wanted = _read(TypeAdapter(GraderValidation), body)
        return answer(ValidGrader(grader=wanted.grader.model_dump(mode="json", exclude_none=True)))

    return routes


def _run(wanted: GraderRun) -> GraderRunResult:
    if isinstance(wanted.grader, ScoreModel):
        raise SpecError(
            "grader: a score_model is asked by the workers of a job, not by the gateway: /validate looks at it"
        )
    began, errors = time.monotonic(), RunErrors()
    parts = wanted.grader.graders if isinstance(wanted.grader, Multi) else {}
    scores = {name: _score(part, wanted, errors) for name, part in parts.items()}
    if isinstance(wanted.grader, Multi):
        reward = _combined(wanted.grader, scores, errors)
    else:
        reward = _score(wanted.grader, wanted, errors)
        scores = {wanted.grader.name: reward}
    metadata = RunMetadata(
        name=wanted.grader.name,
        type=wanted.grader.type,
        errors=errors,
        execution_time=time.monotonic() - began,
        scores=scores,
    )
    return GraderRunResult(
        reward=reward or 0.0,
        sub_rewards=scores if parts else {},
        metadata=metadata,
        model_grader_token_usage_per_model={},
    )


def _score(grader: Programmed, wanted: GraderRun, errors: RunErrors) -> float | None:
    """Its number; None, and what went wrong among ``errors``, where it has none."""
    allowance.require(memory_mb=MEMORY_MB, processes=PROCESSES, whose=f"grader {grader.name!r}")
    tried = graders.Program(source=program(grader), timeout_s=TIMEOUT_S, memory_mb=MEMORY_MB, processes=PROCESSES)
    text = wanted.model_sample
    sample = {
        "output_text": text,
        "num_tokens": 0,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}}],
    }
    try:
        said = graders.grade(tried, sample, wanted.item)
    finally:
        graders.end(tried)  # nobody asks it again
    if said.value is not None:
        return float(said.value)
    if said.reason.startswith(graders.SERVER):
        errors.python_grader_server_error, errors.python_grader_server_error_type = True, said.reason
    elif said.reason.startswith(graders.SAMPLE):
        errors.sample_parse_error = True
    elif said.reason.endswith(("KeyError", "IndexError")) and grader.type != "python":
        errors.invalid_variable_error = True
    else:
        errors.python_grader_runtime_error, errors.python_grader_runtime_error_details = True, said.reason
    return None


def _combined(grader: Multi, scores: dict[str, float | None], errors: RunErrors) -> float | None:
    known = {name: score for name, score in scores.items() if score is not None}
    if len(known) < len(scores):
        return None
    try:
        return grading.evaluate(grading.parse(grader.calculate_output), known)
    except (ArithmeticError, ValueError):
        errors.formula_parse_error = True
        return None


def _read(kind: TypeAdapter[Any], body: bytes) -> Any:
    """Raises `SpecError` that names the field."""
    try:
        return kind.validate_json(body)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)[:5]
        told = (f"{'.'.join(map(str, one['loc']))[:200]}: {one['msg'][:300]}" for one in faults)
        raise SpecError("; ".join(told)) from None
