"""Posted jobs are looked at, and what hangs hangs nobody."""

import asyncio
import os
import threading
import time
from pathlib import Path

import pytest
from service import Service, job, job_document

from raylign.errors import SpecError
from raylign.service.checks import AT_ONCE, Checks


def document(path: Path) -> dict[str, object]:
    made = job_document()
    made["tasks"][0]["prompts"] = {"path": str(path)}
    return made


def test_a_post_of_a_job_whose_prompts_are_seen_to_be_wrong_is_a_problem_with_the_words_of_check(
    service: Service, tmp_path: Path
) -> None:
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text('{"promt": "a"}\n')
    with service.http() as http:
        answer = http.post("/v1/jobs", json=document(prompts))
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        assert f"{prompts}, line 1 must have either `prompt` or" in answer.json()["detail"]
        assert "`columns: {prompt: promt}`" in answer.json()["detail"]
        assert http.post("/v1/jobs", json=document(tmp_path / "of-the-workers.jsonl")).status_code == 201
        assert len(http.get("/v1/jobs").json()["data"]) == 1


async def test_what_cannot_be_looked_at_in_time_is_left_to_the_driver() -> None:
    hang = threading.Event()

    def look(_: object) -> None:
        hang.wait(10)

    checks = Checks(look, deadline_s=0.02)
    begun = time.monotonic()
    await asyncio.gather(*(checks.look(job()) for _ in range(3 * AT_ONCE)))
    assert time.monotonic() - begun < 5
    hang.set()


async def test_what_is_wrong_reaches_who_asked() -> None:
    def refuse(_: object) -> None:
        raise SpecError("it is wrong")

    with pytest.raises(SpecError, match="it is wrong"):
        await Checks(refuse).look(job())


def test_a_pipe_in_a_prompts_place_holds_nobody_up(service: Service, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "prompts.jsonl")
    with service.http() as http:
        answer = http.post("/v1/jobs", json=document(tmp_path / "prompts.jsonl"))
    assert "it is a device, a pipe or a socket" in answer.json()["detail"]
