"""Malformed bodies of thirty kinds: each is answered as documented, at once, in little memory."""

import json
import math
import random
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from depths import deep
from event_stream import stepped
from fastapi import FastAPI
from hostile import LONGEST_ANSWER, LONGEST_S, MOST_BYTES, client, nested, tree
from service import KEY, TOKEN, FakeRay, job_document, open_store, started, step

from raylign.service.app import create_app
from raylign.service.bulletin import Bulletin
from raylign.service.gateway import Gateway
from raylign.service.home import open_home

JSON, YAML = "application/json", "application/yaml"
Body = tuple[str, bytes]
"""Content type and content."""


def judged(**judge: Any) -> bytes:
    document = job_document()
    document["tasks"][0]["judges"] = [judge]
    return json.dumps(document).encode()


def flipped(dice: random.Random, content: bytes) -> bytes:
    damaged = bytearray(content)
    for _ in range(dice.randrange(1, 8)):
        damaged[dice.randrange(len(damaged))] = dice.randrange(256)
    return bytes(damaged[: dice.randrange(len(damaged))] if dice.random() < 0.3 else damaged)


def misplaced(dice: random.Random) -> bytes:
    document = job_document()
    place = dice.choice([document, document["policy"], document["tasks"][0], document["tasks"][0]["method"]])
    place[dice.choice([*place, "extra"])] = tree(dice)
    return json.dumps(document).encode()


def large(dice: random.Random, unit: bytes) -> bytes:
    return unit * (dice.randrange(500_000, 990_000) // len(unit))


def aliases(dice: random.Random) -> bytes:
    levels = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, dice.randrange(3, 12)))
    return f"a0: &a0 [x, x]\n{levels}".encode()


KINDS: list[Callable[[random.Random], Body]] = [
    lambda dice: (JSON, flipped(dice, json.dumps(job_document()).encode())),
    lambda dice: (YAML, flipped(dice, yaml.safe_dump(job_document()).encode())),
    lambda dice: (dice.choice([JSON, YAML]), dice.randbytes(dice.randrange(2000))),
    lambda dice: (dice.choice([JSON, YAML]), json.dumps(tree(dice)).encode()),
    lambda dice: (dice.choice([JSON, YAML]), misplaced(dice)),
    lambda dice: (JSON, judged(type="math", when={"x": nested(dice)})),
    lambda dice: (YAML, judged(type="math", when=nested(dice))),
    lambda dice: (JSON, judged(type="regex", pattern="a{" + "9" * dice.randrange(5, 30) + "}")),
    lambda dice: (JSON, judged(type="regex", pattern="(" * (n := dice.randrange(100, 5000)) + "a" + ")" * n)),
    lambda dice: (JSON, judged(type="regex", pattern="(a|b)" * dice.randrange(10_000, 150_000))),
    lambda dice: (JSON, judged(type="math", format="[\x20-\U0010fff0]" * dice.randrange(1, 200))),
    lambda dice: (JSON, judged(type="llm", model="m", template="{{" * dice.randrange(1, 400_000), positive="y")),
    lambda dice: (JSON, json.dumps(job_document() | {"name": "\ud800", "steps": dice.random()}).encode()),
    lambda dice: (JSON, json.dumps({f"{dice.random()}\udfff": 1}).encode()),
    lambda dice: (JSON, json.dumps(job_document() | {"steps": 10 ** dice.randrange(10, 4000)}).encode()),
    lambda dice: (JSON, b'{"steps": ' + large(dice, b"9") + b"}"),
    lambda dice: (JSON, large(dice, dice.choice([b"[", b"{", b'{"a":', b'"', b"\\", b"1,", b"\xff"]))),
    lambda dice: (JSON, b"[" + large(dice, dice.choice([b"{},", b"[],", b"1,", b'"a",'])) + b"1]"),
    lambda dice: (JSON, b"{" + b",".join(b'"k%d":{}' % n for n in range(dice.randrange(60_000))) + b"}"),
    lambda dice: (JSON, dice.choice([b'{"a":1,"a":2}', b"NaN", b"-Infinity", b"1e999", b"", b" ", b"null", b"\x00"])),
    lambda dice: (
        YAML,
        large(dice, dice.choice([b"a: 1\n", b"- a\n", b"- ", b"? ", b"[", b"{", b"{a: ", b"\t", b"#\n"])),
    ),
    lambda dice: (
        YAML,
        large(dice, dice.choice([b"- &a x\n", b"- *a\n", b"---\n", b"!", b"&", b"*", b"%TAG ! x\n", b"|"])),
    ),
    lambda dice: (YAML, b"".join(b"%%TAG !a%d! x\n" % n for n in range(dice.randrange(50_000))) + b"--- a\n"),
    lambda dice: (YAML, b"".join(b"k%d: [x]\n" % n for n in range(dice.randrange(60_000)))),
    lambda dice: (YAML, aliases(dice)),
    lambda dice: (YAML, b"a: &a {b: 1}\nc: {<<: [" + b"*a," * dice.randrange(1, 1000) + b"]}\n"),
    lambda dice: (
        YAML,
        b"a: !!%s x"
        % dice.choice(
            [b"int", b"float", b"bool", b"null", b"timestamp", b"binary", b"set", b"omap", b"python/name:os"]
        ),
    ),
    lambda dice: (
        dice.choice([JSON, YAML]),
        json.dumps(job_document()).encode(dice.choice(["utf-16", "utf-32", "utf-7"])),
    ),
    lambda dice: (
        dice.choice([JSON, YAML]),
        dice.choice([b"\xed\xa0\x80", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc0\xaf"]) * 9,
    ),
    lambda dice: (
        dice.choice(["text/plain", "", "multipart/form-data", "x" * 5000, "application/json; charset=x"]),
        b"{}",
    ),
]


def events_of(dice: random.Random) -> bytes:
    """A driver's report, damaged."""
    whole = json.dumps({"events": [step(1, tasks={"t": stepped(reward=1.0)}).model_dump()]}).encode()
    event = {"seq": 1, "time": 1.0, "kind": dice.choice(["step", "evaluation", "end", "status"]), "data": tree(dice)}
    return dice.choice(
        [
            flipped(dice, whole),
            json.dumps({"events": [event | {dice.choice([*event]): tree(dice)}]}).encode(),
            json.dumps({"events": [{**event, "data": {"step": 1, "tasks": {"t": nested(dice)}}}]}).encode(),
            b'{"events":[' + b"{}," * dice.randrange(2_000_000) + b"{}]}",
            b'{"events":[' + large(dice, b"[") + b"]}",
        ]
    )


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    store, ray = open_store(tmp_path), FakeRay()
    home = open_home(tmp_path)
    return create_app(Gateway(store=store, bulletin=Bulletin(), ray=ray.client(), api_key=KEY, home=home))


def job_bodies(of_each_kind: int) -> Iterator[Body]:
    """Fewer of each kind are the first of many."""
    for number, kind in enumerate(KINDS):
        dice = random.Random(number)
        yield from (kind(dice) for _ in range(of_each_kind))


async def timed(http: httpx.AsyncClient, path: str, **settings: Any) -> tuple[httpx.Response, float]:
    """The answer and its seconds of the processor: the fewest of three where they are many.

    A processor that others use as well is slower by turns, never faster: the fewest come nearest to the work's own.
    """
    seconds = math.inf
    for _ in range(3):
        begun = time.process_time()
        answer = await http.post(path, **settings)
        seconds = min(seconds, time.process_time() - begun)
        if seconds < LONGEST_S / 2:
            break
    return answer, seconds


@deep("of_each_kind", short=2, whole=10)
async def test_malformed_jobs_are_answered_as_documented_and_at_once(app: FastAPI, of_each_kind: int) -> None:
    documented = {int(status) for status in app.openapi()["paths"]["/v1/jobs"]["post"]["responses"]}
    bodies = list(job_bodies(of_each_kind))
    assert len(bodies) == 30 * of_each_kind
    refused = 0
    async with client(app) as http:
        for kind, content in bodies:
            answer, seconds = await timed(http, "/v1/jobs", content=content, headers={"Content-Type": kind})
            shown = f"{answer.status_code} in {seconds:.2f} s for {kind[:40]} {content[:80]!r}"
            assert answer.status_code in documented, shown
            assert seconds < LONGEST_S, shown
            assert len(answer.content) < LONGEST_ANSWER, shown
            refused += answer.status_code in (413, 415, 422)
    assert refused > 28 * of_each_kind  # a flipped letter of a name is a job


async def test_malformed_reports_are_answered_at_once(tmp_path: Path) -> None:
    store, dice = open_store(tmp_path), random.Random(21)
    home, bulletin = open_home(tmp_path), Bulletin()
    app = create_app(Gateway(store=store, bulletin=bulletin, ray=FakeRay().client(), api_key=KEY, home=home))
    job, _ = started(store)
    async with client(app, TOKEN) as http:
        for _ in range(60):
            content = events_of(dice)
            answer, seconds = await timed(http, f"/v1/jobs/{job.id}/attempts/1/reports", content=content)
            shown = f"{answer.status_code} in {seconds:.2f} s for {content[:120]!r}"
            assert answer.status_code in (200, 409, 422), shown
            assert seconds < LONGEST_S, shown
            assert len(answer.content) < LONGEST_ANSWER, shown
    async with client(app) as http:  # whatever was taken can be read
        for path in ("", "/events", "/metrics"):
            assert (await http.get(f"/v1/jobs/{job.id}{path}")).status_code == 200


async def test_no_malformed_body_takes_much_memory(app: FastAPI) -> None:
    async with client(app) as http:
        tracemalloc.start()
        try:
            for kind, content in job_bodies(1):
                tracemalloc.reset_peak()
                before, _ = tracemalloc.get_traced_memory()
                await http.post("/v1/jobs", content=content, headers={"Content-Type": kind})
                _, peak = tracemalloc.get_traced_memory()
                assert peak - before < MOST_BYTES, f"{peak - before} bytes for {kind[:40]} {content[:80]!r}"
        finally:
            tracemalloc.stop()
