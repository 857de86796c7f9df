"""The service as a user meets it: submit over REST, watch, kill the gateway in mid-run, fail, pause, cancel, stop."""

import contextlib
import json
import os
import shutil
import signal
import time
from pathlib import Path

import httpx
import psutil
import pytest
from fine_tuning import MODEL, SETTINGS, demonstrations
from http_service import service
from jobs import EXAMPLES, PATIENCE_S, finish, small_job, start, untimed
from openai import OpenAI
from playwright.sync_api import expect, sync_playwright
from service import job_document

from raylign.errors import GatewayUnreachable
from raylign.service.client import Client
from raylign.service.dispatch.local_ray import find_ray
from raylign.service.home import Home, find_gateway, read_api_key
from raylign.spec import load_job

pytestmark = [pytest.mark.ray, pytest.mark.browser, pytest.mark.timeout(3 * PATIENCE_S)]

ENGINE = {"engine": "transformers", "max_tokens": 24, "context_tokens": 128}
STEPS = 8
EPOCHS = 30
OFTEN = {"n_epochs": EPOCHS, "batch_size": 32}
"""Enough steps of a fraction of a second that a pause falls among them."""
SECRET = "correct-horse-battery"
"""What a job's token for the hub is: it looks like no key."""
SERVING = []


def serve(home: Path):
    """A gateway on ``home`` that answers; it and a client of it."""
    record = Home(home).gateway_record
    record.unlink(missing_ok=True)
    more = ("--port", "0", "--max-jobs", "1", "--allow-push")
    process = start("raylign.cli", "serve", "--home", str(home), *more)
    end = time.monotonic() + PATIENCE_S
    while not record.exists():
        if process.poll() is not None or time.monotonic() > end:
            raise AssertionError(f"the gateway did not come up: {finish(process, seconds=1)[1]}")
        time.sleep(0.1)
    client = Client(*find_gateway(home))
    SERVING.append((process, client))
    return process, client


def until(client: Client, job: str, condition, *, seconds: float = PATIENCE_S):
    """The job once ``condition(job)`` holds."""
    end = time.monotonic() + seconds
    while not condition(found := client.get(job)):
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain: {json.dumps(found)[:2000]}")
        time.sleep(0.2)
    return found


def told_steps(client: Client, job: str) -> int:
    return sum(row["kind"] == "step" for row in client.metrics(job))


def pause_once(client: Client, job: str, pause, *, at: int, steps: int) -> None:
    """Pause a job that has told of ``at`` steps; it keeps its checkpoint and leaves before its last step."""
    until(client, job, lambda _: told_steps(client, job) >= at)
    asked = time.monotonic()
    pause()
    paused = until(client, job, lambda found: found["state"] == "paused", seconds=60)
    print(f"paused after {time.monotonic() - asked:.1f} s")
    left = paused["attempts"][-1]
    assert left["state"] == "paused"
    assert "it goes on from" in left["reason"]
    assert told_steps(client, job) < steps


def require_same_bits(client: Client, job: str, undisturbed: str) -> None:
    runs = [Path(client.get(one)["run_dir"]) for one in (job, undisturbed)]
    assert untimed(runs[0]) == untimed(runs[1])
    last = max(int(path.name.split("-")[1]) for path in (runs[1] / "checkpoints").glob("step-*"))
    weights = [run / f"checkpoints/step-{last}/policy/model.safetensors" for run in runs]
    assert weights[0].read_bytes() == weights[1].read_bytes()


@contextlib.contextmanager
def page_of(client: Client, job: str, key: str):
    """The job's page in a browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(client.url)
        page.get_by_label("API key").fill(key)
        page.get_by_role("button", name="Open").click()
        page.get_by_role("heading", name="Jobs").wait_for()
        page.goto(f"{client.url}/#/jobs/{job}")
        yield page
        browser.close()


@pytest.fixture
def home(tmp_path):
    place = tmp_path / "home"
    yield place
    for process, client in SERVING:
        client.__exit__(None, None, None)
        if process.poll() is None:  # the test failed: stop the service, and Ray with it
            os.kill(process.pid, signal.SIGTERM)
            finish(process, seconds=60)


@pytest.fixture
def hub(monkeypatch):
    """A hub that lets nobody in, and says with what they came; the keys that they came with."""
    came = []

    def refuse(path, body, headers):
        came.append(headers.get("authorization") or headers.get("Authorization"))
        return 401, {"error": f"{came[-1]} is not taken"}

    with service(refuse) as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        yield came


def holders(text: str, *folders: Path) -> list[str]:
    """Files below ``folders`` that hold a text."""
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return [str(path) for path in files if text.encode() in path.read_bytes()]


def test_a_gateway_killed_in_mid_run_finds_ray_and_job_again_and_loses_no_event(tmp_path, home, monkeypatch, hub):
    told = tmp_path / "fine-tuning.yaml"
    told.write_text(json.dumps({"models": {MODEL: str(EXAMPLES / "tiny/policy")}, "settings": SETTINGS}))
    monkeypatch.setenv("RAYLIGN_FINE_TUNING", str(told))
    gateway, client = serve(home)
    ray = find_ray(Home(home))
    document = load_job(small_job(tmp_path, "crpg", steps=STEPS, rollout=ENGINE)).model_dump(mode="json")
    client.secrets.set("hub", SECRET)
    sent = client.submit(document | {"secrets": {"hub": "secret://hub"}, "output": {"push_to": "org/aligned"}})
    until(client, sent["id"], lambda job: told_steps(client, sent["id"]) >= 2)
    handed = home / "jobs" / sent["id"] / "secrets.json"
    assert (json.loads(handed.read_text()), handed.stat().st_mode & 0o777) == ({"hub": SECRET}, 0o600)
    os.kill(gateway.pid, signal.SIGKILL)
    finish(gateway)
    with pytest.raises(GatewayUnreachable):
        client.get(sent["id"])
    time.sleep(2)  # the run goes on without it
    gateway, client = serve(home)
    assert find_ray(Home(home)) == ray
    events = [event for event in client.events(sent["id"]) if event.seq]  # 0: the gateway's own words
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    made = [event.data for event in events if event.kind == "step"]
    assert [step["step"] for step in made] == list(range(STEPS))
    assert events[-1].data["state"] == "succeeded"
    job = until(client, sent["id"], lambda job: job["state"] == "succeeded", seconds=60)
    assert len(job["attempts"]) == 1
    assert "<html" in client.report(sent["id"])

    # Its own token went to the hub, and is in nothing that is kept or told of it.
    assert set(hub) == {f"Bearer {SECRET}"}
    [refused] = [
        event.data["message"] for event in events if event.kind == "warning" and "pushed" in event.data["message"]
    ]
    assert "org/aligned" in refused
    headers = {"Authorization": f"Bearer {(home / 'ray_token').read_text().strip()}"}
    for told_by in ("api/jobs/", "api/v0/tasks?detail=1&limit=10000", "api/v0/actors?detail=1&limit=10000"):
        answer = httpx.get(f"{ray.dashboard_url}/{told_by}", headers=headers)
        assert (told_by, answer.status_code, SECRET in answer.text) == (told_by, 200, False)
    assert holders(SECRET, home, Path(ray.temp_dir)) == []

    # A second job on the same service names files that are not there: its driver starts, says so, and ends.
    failing = client.submit(job_document())
    running, waiting = client.submit(document), client.submit(document)
    assert client.cancel(waiting["id"])["state"] == "cancelled"  # queued: at once
    failed = until(client, failing["id"], lambda job: job["state"] == "failed")
    assert [attempt["n"] for attempt in failed["attempts"]] == [1]
    *_, end = client.events(failing["id"])
    assert (end.kind, end.data["state"]) == ("end", "failed")

    # A third is paused in mid-run, by the command line and by the page. It leaves the cluster each time, and goes on to
    # the bits of the first.
    def told(word: str) -> None:
        status, output = finish(start("raylign.cli", word, running["id"], "--home", str(home)), seconds=60)
        assert status == 0, output

    pause_once(client, running["id"], lambda: told("pause"), at=2, steps=STEPS)
    told("resume")
    with page_of(client, running["id"], read_api_key(Home(home))) as page:
        pause_once(client, running["id"], page.get_by_role("button", name="Pause").click, at=4, steps=STEPS)
        expect(page.locator(".head .badge")).to_have_text("paused")
        page.get_by_role("button", name="Resume").click()
        until(client, running["id"], lambda job: job["state"] == "succeeded")
        expect(page.locator(".head .badge")).to_have_text("succeeded")
    assert len(client.get(running["id"])["attempts"]) == 3
    require_same_bits(client, running["id"], sent["id"])

    # A fourth is cancelled while its actors start.
    running = client.submit(document)
    for event in client.events(running["id"]):
        if event.data.get("phase") == "starting actors":
            break
    client.cancel(running["id"])
    ended = until(client, running["id"], lambda job: job["attempts"][0]["ended_at"], seconds=60)
    assert ended["state"] == "cancelled"

    # OpenAI's client has a model made, whose run is the service's like any other.
    openai = OpenAI(base_url=f"{client.url}/v1", api_key=read_api_key(Home(home)))
    file = openai.files.create(file=("train.jsonl", demonstrations()), purpose="fine-tune")
    tuned = openai.fine_tuning.jobs.create(model=MODEL, training_file=file.id, hyperparameters=OFTEN)
    until(client, tuned.id, lambda job: job["state"] == "succeeded")
    again = openai.fine_tuning.jobs.create(model=MODEL, training_file=file.id, hyperparameters=OFTEN)
    pause_once(client, again.id, lambda: openai.fine_tuning.jobs.pause(again.id), at=1, steps=EPOCHS * 2)
    assert openai.fine_tuning.jobs.retrieve(again.id).status == "paused"
    openai.fine_tuning.jobs.resume(again.id)
    until(client, again.id, lambda job: job["state"] == "succeeded")
    require_same_bits(client, again.id, tuned.id)
    tuned = openai.fine_tuning.jobs.retrieve(tuned.id)
    assert (tuned.status, tuned.fine_tuned_model) == ("succeeded", tuned.id)
    kept = openai.fine_tuning.jobs.checkpoints.list(tuned.id).data
    assert [checkpoint.step_number for checkpoint in kept][:2] == [EPOCHS * 2, EPOCHS * 2 - 2]

    # It chats with what came out, whole and piece by piece; a killed engine is followed by another.
    asked = {"model": tuned.fine_tuned_model, "messages": [{"role": "user", "content": "7?"}], "max_tokens": 8}
    whole = openai.chat.completions.create(**asked, temperature=0)
    assert (whole.model, whole.usage.completion_tokens) == (tuned.id, 8) or whole.choices[0].finish_reason == "stop"
    commands = {one: one.info["cmdline"] or [] for one in psutil.process_iter(["cmdline"])}
    (engine,) = [one for one, said in commands.items() if "answer" in said and str(home) in " ".join(said)]
    core = engine.children(recursive=True)
    assert core
    engine.kill()
    pieces = openai.chat.completions.create(**asked, temperature=0, stream=True)
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == whole.choices[0].message.content
    assert psutil.wait_procs(core, timeout=30)[1] == []
    openai.close()
    fetched = {path.name for path in client.weights.fetch(tuned.id, tmp_path / "fetched")}
    assert {"config.json", "model.safetensors", "tokenizer_config.json"} <= fetched

    # Actors and phases were readable in the Ray dashboard.
    token = (home / "ray_token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}"}
    actors = {actor["name"]: actor for actor in client.actors(sent["id"])}
    assert {"policy/0", "reference/0", "rollout/0", "reward/0"} <= set(actors)
    assert actors["policy/0"]["pid"] > 0
    assert actors["policy/0"]["ray_dashboard"].startswith(f"{ray.dashboard_url}/#/actors/")
    tasks = httpx.get(f"{ray.dashboard_url}/api/v0/tasks/summarize", headers=headers).text
    assert all(phase in tasks for phase in ("rollout.generate", "policy.step", "reference.score", "rollout.publish"))

    parent = psutil.Process(ray.pid)
    family = [parent, *parent.children(recursive=True)]
    os.kill(gateway.pid, signal.SIGTERM)
    status, output = finish(gateway, seconds=60)
    assert status == 0, output
    _, alive = psutil.wait_procs(family, timeout=30)
    assert alive == []
    assert not (home / "ray.json").exists()
    assert not Home(home).gateway_record.exists()
    assert "Traceback" not in output
    assert Home(home).api_key.read_text() not in output
