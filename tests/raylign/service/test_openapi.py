"""The OpenAPI document is what the service does: schemathesis calls every operation and compares."""

import json
import re
from pathlib import Path

import pytest
import schemathesis
from depths import deep
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from service import KEY, FakeRay, job, open_store

from raylign.record.events.payloads import KINDS
from raylign.service.app import create_app
from raylign.service.bulletin import Bulletin
from raylign.service.gateway import Gateway
from raylign.service.home import open_home
from raylign.service.routes.plans import schema_json
from raylign.service.templates import templates

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
BOUNDED = settings(derandomize=True, database=None, deadline=20_000, suppress_health_check=[*HealthCheck])


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    store, ray = open_store(tmp_path), FakeRay()
    store.create(job())
    schema_json()  # these two are made once in a process, and take longer than a request may
    templates()
    hosts = ["testserver"]  # schemathesis' own name
    return create_app(
        Gateway(
            store=store,
            bulletin=Bulletin(),
            ray=ray.client(),
            api_key=KEY,
            home=open_home(tmp_path),
            allowed_hosts=hosts,
        )
    )


def call_every_operation(app: FastAPI, *, key: str, examples: int) -> int:
    """Generated requests to every operation; how many operations there are."""
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    operations = [found.ok() for found in schema.get_all_operations()]
    for operation in operations:

        @settings(BOUNDED, max_examples=examples)
        @given(case=operation.as_strategy())
        def call(case: schemathesis.Case) -> None:
            case.call_and_validate(headers={"Authorization": f"Bearer {key}"}, checks=CHECKS)

        call()
    return len(operations)


@deep("examples", short=3, whole=50)
def test_every_operation_answers_as_documented(app: FastAPI, examples: int) -> None:
    documented = sum(len(operations) for operations in app.openapi()["paths"].values())
    assert call_every_operation(app, key=KEY, examples=examples) == documented > 10


def test_without_the_key_every_operation_answers_as_documented(app: FastAPI) -> None:
    call_every_operation(app, key="wrong", examples=1)


def test_the_job_is_described_and_every_reference_leads_somewhere(app: FastAPI) -> None:
    document = app.openapi()
    schemas = document["components"]["schemas"]
    referred = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert referred <= schemas.keys()
    assert {"Job", "Task", "Problem", "JobView", "JobDetail", "JobPage", "EventPage", "MetricsPage"} <= referred
    jobs = [schemas[one["$ref"].rsplit("/", 1)[-1]] for one in schemas["Job"]["anyOf"]]
    assert [job["properties"]["kind"]["const"] for job in jobs] == [
        "align",
        "preferences",
        "sft",
        "rated",
        "reward_model",
        "recipe",
    ]
    assert all(job["properties"]["name"]["description"] for job in jobs)
    kinds = {one["title"]: one.get("$ref", "") for one in schemas["Event"]["properties"]["data"]["anyOf"]}
    assert kinds == {kind: f"#/components/schemas/{said.__name__}" for kind, said in KINDS.items()} | {
        "another kind": ""
    }
    assert {"StepDone", "TaskStep", "Trained", "PlanMade", "PlannedActor"} <= referred
    submit = document["paths"]["/v1/jobs"]["post"]
    assert submit["requestBody"]["content"].keys() == {"application/json", "application/yaml"}
    assert submit["responses"].keys() >= {"200", "201", "401", "409", "413", "415", "422", "503"}


def test_the_page_of_the_docs_loads_nothing_from_elsewhere(app: FastAPI) -> None:
    with TestClient(app, base_url="http://localhost") as http:
        page = http.get("/docs").text
        sources = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert len(sources) >= 2
        for source in sources:
            assert source.startswith("/"), source
            assert http.get(source).status_code == 200, source
