"""The OpenAPI document is what the service does: schemathesis calls every operation and compares."""

import json
import re
from collections import Counter
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from depths import deep
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from service import KEY, FakeRay, job, open_store
from starlette.types import Receive, Scope, Send
from uploads import Here

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
    schema_json()  # these two are made once in a process, and take longer than a request may
    templates()
    return fresh_app(tmp_path)


def fresh_app(folder: Path) -> FastAPI:
    """One whose store has a job."""
    folder.mkdir(exist_ok=True)
    store, ray = open_store(folder), FakeRay()
    store.create(job())
    hosts = ["testserver"]  # schemathesis' own name
    return create_app(
        Gateway(
            store=store,
            bulletin=Bulletin(),
            ray=ray.client(),
            api_key=KEY,
            home=open_home(folder),
            allowed_hosts=hosts,
            inspecting=Here(),
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


@pytest.mark.proof
@pytest.mark.timeout(900)
def test_what_one_answer_names_the_next_request_asks_for_as_documented(tmp_path: Path) -> None:
    """Walks over the operations: ids that were answered go into what follows. Each on a store of its own."""
    apps, numbers = [fresh_app(tmp_path / "first")], count()

    async def newest(scope: Scope, receive: Receive, send: Send) -> None:
        await apps[-1](scope, receive, send)

    walks = schemathesis.openapi.from_asgi("/openapi.json", newest).as_state_machine()
    told: Counter[str] = Counter()

    class Walk(walks):  # type: ignore[misc, valid-type]  # the class is made of the document
        def setup(self) -> None:
            apps[:] = [fresh_app(tmp_path / str(next(numbers)))]

        def get_call_kwargs(self, case: schemathesis.Case) -> dict[str, Any]:
            return {"headers": {"Authorization": f"Bearer {KEY}"}}

        def validate_response(self, response: Response, case: schemathesis.Case, **_: Any) -> None:
            case.validate_response(response, checks=CHECKS)
            told[case.operation.label] += response.status_code < 300

    Walk.run(settings=settings(BOUNDED, max_examples=40, stateful_step_count=20))
    reached = {operation for operation, times in told.items() if times and "{" in operation}
    assert len(reached) >= 5, told


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
