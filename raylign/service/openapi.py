"""What the OpenAPI document says beyond the routes' own types: the job's schema, and every problem a route answers."""

import http
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from raylign.record.events import Event
from raylign.record.events.payloads import ADAPTERS, Payload
from raylign.service.envelope import Envelope
from raylign.service.openai.chat import ChatQuestion
from raylign.service.openai.graders import GraderRun, GraderValidation
from raylign.service.openai.requests import NewFineTuning
from raylign.service.problems import PROBLEM_JSON, Problem
from raylign.spec import Job
from raylign.spec.recipe import AnyWork

REF = "#/components/schemas/{model}"
JOB_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"$ref": REF.format(model=Job.__name__)}}
            for kind in ("application/json", "application/yaml")
        },
    }
}
"""``openapi_extra`` of a route that takes a job document."""
FILE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "purpose"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "purpose": {"type": "string", "const": "fine-tune"},
                    },
                    "additionalProperties": False,
                }
            }
        },
    }
}
"""``openapi_extra`` of a route that takes a file in a form."""
READ_HERE: tuple[type[BaseModel], ...] = (NewFineTuning, GraderRun, GraderValidation, ChatQuestion)
BYTES_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
"""``openapi_extra`` of a route that takes bytes as they come."""
EVENT_STREAM: dict[str, Any] = {
    "description": "A page; or, with `Accept: text/event-stream`, a stream that follows the job to its end",
    "content": {"text/event-stream": {"schema": {"type": "string"}}},
}
"""The 200 of a route that also streams."""
CHAT_ANSWER: dict[str, Any] = {
    "description": "OpenAI's ``chat.completion``; with ``stream``, its chunks as events, then ``[DONE]``",
    "content": {
        "application/json": {"schema": {"type": "object"}},
        "text/event-stream": {"schema": {"type": "string"}},
    },
}
FOREIGN_HOST: dict[int | str, dict[str, Any]] = {
    400: {"description": "The Host header names no host this gateway goes by", "content": {"text/plain": {}}}
}
"""Every route may answer so, before anything else is looked at."""


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """``responses`` of a route that answers with these statuses as problems."""
    content = {PROBLEM_JSON: {"schema": {"$ref": REF.format(model=Problem.__name__)}}}
    return {status: {"description": http.HTTPStatus(status).phrase, "content": content} for status in statuses}


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """``openapi_extra`` of a route that reads its JSON body itself, as one of `READ_HERE`."""
    content = {"application/json": {"schema": {"$ref": REF.format(model=model.__name__)}}}
    return {"requestBody": {"required": True, "content": content}}


def envelopes(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """As `problems`, of a route that answers as OpenAI's does: 400 for what would be 422, beside a foreign host's."""
    content = {"application/json": {"schema": {"$ref": REF.format(model=Envelope.__name__)}}}
    told: dict[int | str, dict[str, Any]] = {}
    for status in {400 if status == 422 else status for status in statuses}:
        either = {**content, "text/plain": {}} if status == 400 else content
        told[status] = {"description": http.HTTPStatus(status).phrase, "content": either}
    return told


def install(app: FastAPI) -> None:
    """Add the schemas that `problems` and `JOB_BODY` refer to, and what the events of each kind hold."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(title=app.title, version=app.version, routes=app.routes)
            _, schemas = models_json_schema(
                [
                    (Problem, "serialization"),
                    (Envelope, "serialization"),
                    *((model, "validation") for model in READ_HERE),
                ],
                ref_template=REF,
            )
            job = TypeAdapter(AnyWork).json_schema(ref_template=REF)
            document["components"]["schemas"] |= schemas["$defs"] | job.pop("$defs") | {Job.__name__: job}
            _describe_events(document["components"]["schemas"])
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way of extending it


def _describe_events(schemas: dict[str, Any]) -> None:
    """By kind; a stranger's or another version's may hold anything."""
    inputs: list[tuple[str, JsonSchemaMode, TypeAdapter[Payload]]] = [
        (kind, "serialization", adapter) for kind, adapter in ADAPTERS.items()
    ]
    payloads, parts = TypeAdapter.json_schemas(inputs, ref_template=REF)
    schemas |= parts["$defs"]
    kinds = [{"title": kind, **payload} for (kind, _), payload in payloads.items()]
    schemas[Event.__name__]["properties"]["data"]["anyOf"] = [*kinds, {"title": "another kind", "type": "object"}]
