"""Malformed keys, ids and uploads, three hundred: each is refused in words, at once, in little memory."""

import itertools
import json
import random
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI
from hostile import LONGEST_ANSWER, LONGEST_S, MOST_BYTES, client, nested, tree
from service import KEY, FakeRay, job, open_store
from uploads import ROWS, Here, wanted

from raylign.service.app import create_app
from raylign.service.bulletin import Bulletin
from raylign.service.gateway import Gateway
from raylign.service.home import open_home

JSON = {"Content-Type": "application/json"}
MULTIPART = "multipart/form-data; boundary=x"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """A request that is to be refused."""

    method: str = "GET"
    path: str
    headers: dict[str, str | bytes] = field(default_factory=dict)
    content: bytes = b""
    begun: bytes | None = None
    """Of a dataset whose upload was begun before with these bytes announced; its name fills the path."""
    form: str = "jsonl"
    """Of the announced dataset."""
    refused: tuple[int, ...]
    """Statuses, one of which is the answer."""


def keys(dice: random.Random) -> Iterator[Hostile]:
    """Whatever comes in a key's place."""
    short, flip = KEY[: dice.randrange(1, len(KEY))], KEY.swapcase()
    values: list[str | bytes] = [
        "", "Bearer", "Bearer ", KEY, f"Basic {KEY}", f"Bearer {short}", f"Bearer {flip}", f"Bearer {KEY}x",
        f"Bearer x{KEY}", f"Bearer {KEY} {KEY}", f"Bearer {KEY},", f'Bearer "{KEY}"', f"Bearer {KEY}\x00",
        f"Bearer {KEY}\t.", b"Bearer \xff\xfe", f"Bearer {dice.randbytes(9).hex()}", "Bearer rl_" + "_" * 5_000,
        "Bearer " + "k" * dice.randrange(1_000, 30_000), "Bearer ' OR 1=1 --", "Bearer ${KEY}", "Bearer {{7*7}}",
        "Bearer ../../api_key", "Bearer \u00e9".encode(), "\x00",
        b"Bearer " + dice.randbytes(30).replace(b"\n", b"").replace(b"\r", b""),
    ]  # fmt: skip
    for value in values:
        yield Hostile(
            path=dice.choice(["/v1/jobs", "/v1/keys", "/v1/models"]), headers={"Authorization": value}, refused=(401,)
        )


def ids(dice: random.Random) -> Iterator[Hostile]:
    """Ids that lead out of their place, or are none."""
    bad = [
        "..", "../../etc/passwd", "..\\..\\x", "%2e%2e", ".", "~", "*", "job_", "job_" + "0" * 9_000, "job_\u0661",
        "\x00", "a\x00b", "\u202e", "\ud7ff", "' OR ''='", "${x}", "{{x}}", "-1", "1" * 400, "NaN", "null", "job_x?y",
        "con", "x" * 4_000, "\U0001f600",
    ]  # fmt: skip
    for value in bad:
        path = dice.choice(
            [
                "/v1/jobs/{}",
                "/v1/jobs/{}/events",
                "/v1/jobs/{}/metrics",
                "/v1/jobs/{}/model/config.json",
                "/v1/datasets/{}",
                "/v1/datasets/{}/rows",
                "/v1/files/{}",
                "/v1/fine_tuning/jobs/{}",
                "/v1/models/{}",
                "/v1/webhooks/{}",
                "/v1/jobs/JOB/checkpoints/1/{}",
                "/v1/jobs/JOB/model/{}",
                "/v1/jobs?limit={}",
                "/v1/jobs?state={}",
                "/v1/jobs/JOB/metrics?after={}",
                "/v1/label-queues/{}",
                "/v1/jobs/JOB/events?after={}",
            ]
        )
        yield Hostile(path=path.replace("{}", quote(value, safe="")), refused=(400, 404, 422))


def uploads(dice: random.Random) -> Iterator[Hostile]:
    """What is no announcement of data, no data, or not what was announced."""
    said = wanted(ROWS, "fresh")
    wrong: dict[str, list[Any]] = {
        "name": ["../x", "", "x" * 65, "a/b", "\x00", None, ["x"]],
        "bytes": [-1, 0, 0.5, "9" * 50, 10**30, True, None],
        "sha256": ["", "x" * 64, "0" * 63, 7, None],
        "format": ["pickle", "", "exe", None],
        "columns": [nested(dice), tree(dice), {"prompt": "x" * 100_000}, [1]],
    }
    for name, values in wrong.items():
        value = dice.choice(values)
        changed = json.dumps(said | {name: value if value not in ({}, None) or name != "columns" else 1}).encode()
        yield Hostile(method="POST", path="/v1/datasets", headers=dict(JSON), content=changed, refused=(422,))
    for content in (b"", b"[" * 300_000, json.dumps(tree(dice)).encode(), dice.randbytes(5_000)):
        yield Hostile(method="POST", path="/v1/datasets", headers=dict(JSON), content=content, refused=(422,))
    put = {"method": "PUT", "path": "/v1/datasets/{}/content"}
    for span in (
        "bytes 0-1/9999",
        "bytes 5-1/67",
        "bytes -1-/x",
        "bytes " + "9" * 90,
        "x" * 200,
        "bytes 9-20/67",
        "\u00e9",
    ):
        yield Hostile(**put, headers={"Content-Range": span.encode()}, content=ROWS[:9], begun=ROWS, refused=(409, 422))
    for form, content in (
        ("jsonl", b"[" * 200_000), ("jsonl", b"9" * 300_000), ("jsonl", dice.randbytes(3_000)), ("csv", b"\x00" * 9),
        ("csv", b'"' + b"a," * 90_000), ("parquet", b"PAR1" + dice.randbytes(99)), ("parquet", b"x" * 99 + b"PAR1"),
    ):  # fmt: skip
        yield Hostile(
            **put, content=content, begun=content, form=form, refused=(200, 409)
        )  # taken, and nothing can be read of it; told so the second time
    for content in (ROWS + b"x", b"x" * len(ROWS), ROWS[::-1], ROWS * 1_000):
        yield Hostile(**put, content=content, begun=ROWS, refused=(409, 413, 422))
    yield Hostile(method="PUT", path="/v1/datasets/no-such/content", content=ROWS, refused=(404,))
    for parts in (b"", b"--x", b"--x\r\n\r\n\r\n--x--", b"--y--", b"\r\n" * 90_000, b"--x\r\n" + b"a: b\r\n" * 20_000):
        headers: dict[str, str | bytes] = {
            "Content-Type": dice.choice([MULTIPART, MULTIPART, "multipart/form-data", "text/plain"])
        }
        yield Hostile(method="POST", path="/v1/files", headers=headers, content=parts, refused=(400,))


KINDS: list[Callable[[random.Random], Iterator[Hostile]]] = [keys, ids, uploads]
OF_EACH = 100
WEIGHED = 25
"""Of each, for the memory they take: what is watched is slow, and what comes after them is of the same kinds."""


def requests(kind: Callable[[random.Random], Iterator[Hostile]], count: int) -> list[Hostile]:
    dice = random.Random(kind.__name__)
    return list(itertools.islice(itertools.chain.from_iterable(kind(dice) for _ in range(count)), count))


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    store, home = open_store(tmp_path), open_home(tmp_path)
    made, _ = store.create(job())
    app = create_app(
        Gateway(store=store, bulletin=Bulletin(), ray=FakeRay().client(), api_key=KEY, home=home, inspecting=Here())
    )
    app.state.job = made.id
    return app


async def send(http: httpx.AsyncClient, one: Hostile, job_id: str) -> tuple[httpx.Response, float]:
    """The answer and its seconds of the processor."""
    path = one.path.replace("JOB", job_id)
    if one.begun is not None:
        said = wanted(one.begun, one.form, format=one.form)
        name = said["name"] = f"{one.form}-{said['sha256'][:9]}"
        begun = await http.post("/v1/datasets", json=said)
        assert begun.status_code in (200, 201), begun.text
        path = path.format(name)
    begun_s = time.process_time()
    answer = await http.request(one.method, path, headers=one.headers, content=one.content)
    return answer, time.process_time() - begun_s


@pytest.mark.parametrize("kind", KINDS)
async def test_each_is_refused_in_words_and_at_once(app: FastAPI, kind: Any) -> None:
    seen = set()
    async with client(app) as http:
        for one in requests(kind, OF_EACH):
            answer, seconds = await send(http, one, app.state.job)
            shown = f"{answer.status_code} in {seconds:.2f} s: {one}"[:400] + answer.text[:300]
            assert answer.status_code in one.refused, shown
            assert seconds < LONGEST_S, shown
            assert len(answer.content) < LONGEST_ANSWER, shown
            said = answer.json()
            if answer.status_code == 200:
                found = (await http.get(f"/v1/datasets/{said['name']}")).json()
                assert found["failure"] or found["refused"], shown
            else:
                assert said.get("detail") or said["error"]["message"], shown
            seen.add((one.method, one.path, str(one.headers), one.content))
        assert (await http.get("/v1/datasets")).json()["data"] == [] or kind is uploads
    assert len(seen) > OF_EACH / 3


async def test_none_takes_much_memory(app: FastAPI) -> None:
    async with client(app) as http:
        tracemalloc.start()
        try:
            for kind in KINDS:
                for one in requests(kind, WEIGHED):
                    tracemalloc.reset_peak()
                    before, _ = tracemalloc.get_traced_memory()
                    await send(http, one, app.state.job)
                    _, peak = tracemalloc.get_traced_memory()
                    assert peak - before < MOST_BYTES, f"{peak - before} bytes for {one}"[:300]
        finally:
            tracemalloc.stop()
