"""The client of Ray's Jobs API against answers of every kind."""

import json
from pathlib import Path

import httpx
import pytest
from service import FakeRay

from raylign.errors import RayRefused, RayUnreachable
from raylign.service.dispatch.ray_jobs import LOG_END, MAX_ANSWER, RayJobs, find_token


def saying(status: int, content: bytes | str) -> RayJobs:
    """A client to which everything is answered so."""
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=content))
    return RayJobs("http://ray", token_path=Path("/nonexistent"), transport=transport)


@pytest.mark.parametrize("token", [None, "secret"])
async def test_ray_with_and_without_token_authentication(tmp_path: Path, token: str | None) -> None:
    ray = FakeRay(token=token)
    path = tmp_path / "token"
    async with ray.client(token_path=path) as client:
        if token:
            with pytest.raises(RayUnreachable, match="wants a token"):
                await client.version()
            path.write_text(token + "\n")
        assert await client.version() == "2.60.0"


@pytest.mark.parametrize(
    ("status", "content", "kind", "says"),
    [
        (
            500,
            "Traceback:\n  File x\nRuntimeError: no room\nhint",
            RayRefused,
            "Ray answered 500 .*: RuntimeError: no room",
        ),
        (500, "No available agent to submit job", RayUnreachable, "is not up yet"),
        (503, "busy", RayUnreachable, "cannot answer now .503 to GET /api/version.: busy"),
        (403, "no", RayUnreachable, "wants a token .*RAY_AUTH_TOKEN"),
        (200, "<html>", RayUnreachable, "is not Ray, or one that raylign does not know"),
        (200, b" " * (MAX_ANSWER + 1), RayUnreachable, f"more than {MAX_ANSWER} bytes"),
    ],
)
async def test_an_answer_that_is_none_is_told_with_what_to_do(
    status: int, content: bytes | str, kind: type[Exception], says: str
) -> None:
    async with saying(status, content) as ray:
        with pytest.raises(kind, match=says):
            await ray.version()


async def test_a_ray_that_is_not_there_is_named_with_its_address() -> None:
    async with RayJobs("http://127.0.0.1:9", token_path=Path("/nonexistent")) as ray:
        with pytest.raises(RayUnreachable, match=r"does not answer at 'http://127\.0\.0\.1:9' \(ConnectError\)"):
            await ray.version()


async def test_what_ray_does_not_know_is_none_and_what_a_proxy_does_not_know_is_not_believed() -> None:
    async with FakeRay().client() as ray:
        assert await ray.get("job_x-a1") is None
        await ray.stop("job_x-a1")
    async with saying(404, "<html>") as proxy:
        with pytest.raises(RayRefused, match="404"):
            await proxy.get("job_x-a1")


async def test_a_log_is_told_by_its_last_lines_however_long_it_is() -> None:
    lines = [f'line {number} \u2028 "quoted"' for number in range(MAX_ANSWER // 20)]
    for kept in (lines[-30:], lines):
        content = json.dumps({"logs": "\n".join(kept) + "\n"})
        assert (len(content) > MAX_ANSWER + LOG_END) is (kept is lines)
        async with saying(200, content) as ray:
            told = await ray.log_tail("job_x-a1", lines=5)
        assert told.split("\n")[-2:] == "\n".join(lines[-5:]).splitlines()[-2:]
        assert len(told.splitlines()) == 5


def test_the_token_is_looked_for_where_ray_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    assert find_token() is None
    for file, text in ((".ray/auth_token", "of the user\n"), ("elsewhere", "of a file\n"), ("given", "given\n")):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text)
    assert find_token() == "of the user"
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(tmp_path / "elsewhere"))
    assert find_token() == "of a file"
    monkeypatch.setenv("RAY_AUTH_TOKEN", "of the environment")
    assert find_token() == "of the environment"
    assert find_token(tmp_path / "given") == "given"
    assert find_token(tmp_path / "absent") is None
