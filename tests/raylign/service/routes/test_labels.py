"""Label queues over REST and from the client: made, sat at by several, counted, and a dataset of a preference job."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from service import Service, job, key_of, live_service
from uploads import Here

from raylign.errors import JobNotFound, LabelQueueNotFound, SpecError, Taken
from raylign.record.rundir import RunDirectory
from raylign.service.client import Client

NUMBERS = itertools.count()
ROWS = [{"prompt": f"question {at}", "chosen": f"good {at}\x00", "rejected": f"bad {at}"} for at in range(6)]


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with live_service(tmp_path_factory.mktemp("home"), inspecting=Here()) as running:
        yield running


@pytest.fixture
def client(service: Service, tmp_path: Path) -> Iterator[Client]:
    """Of a tenant of its own, which has a dataset of six pairs."""
    tenant = f"tenant-{next(NUMBERS)}"
    with service.client(key_of(service.store, tenant)) as client:
        client.datasets.push(written(tmp_path / "pairs.jsonl", ROWS))
        yield client


def label(client: Client, queue: str, labeller: str, better: str) -> list[bool]:
    """Say of each pair left that the text with ``better`` is the better one; whether that was on the left."""
    sides = []
    while (pair := client.labels.next(queue, labeller)["pair"]) is not None:
        sides.append(pair["left"].startswith(better))
        client.labels.say(queue, pair["key"], labeller, "left" if sides[-1] else "right")
    return sides


def test_labellers_go_on_where_they_stopped_and_what_they_prefer_is_a_dataset(client: Client) -> None:
    made = client.labels.create("q", dataset="pairs", seed=3)
    assert (made["pairs"], made["passed_over"], made["source"]) == (6, {}, "dataset pairs")
    told = client.labels.next("q", "anna@example.com")
    assert (told["done"], told["pairs"], told["pair"]["prompt"]) == (
        0,
        6,
        [{"role": "prompt", "content": "question 0"}],
    )
    assert told["pair"].keys() == {"key", "prompt", "left", "right"}  # nothing of what the data says of them
    after = client.labels.say("q", told["pair"]["key"], "anna@example.com", "skip")
    assert (after["done"], after["pair"]["prompt"][0]["content"]) == (1, "question 1")
    assert client.labels.say("q", told["pair"]["key"], "anna@example.com", "none")["pair"] == told["pair"]
    anna, bert = label(client, "q", "anna@example.com", "good"), label(client, "q", "bert", "good")
    assert (len(anna), set(anna)) == (6, {True, False})
    assert anna != bert
    found = client.labels.get("q")
    assert found["labellers"] == {"anna@example.com": {"first": 6}, "bert": {"first": 6}}
    assert (found["agreement"][0]["pairs"], found["agreement"][0]["agreed"]) == (6, 6)
    exported = client.labels.export("q", "preferences")
    assert (exported["counts"], exported["state"]) == ({"labelled": 6}, "ready")
    assert [json.loads(line) for line in client.datasets.content("preferences").splitlines()] == ROWS
    assert client.labels.export("q", "preferences")["id"] == exported["id"]
    document = {"kind": "preferences", "name": "n", "steps": 1, "policy": {"model": "org/m"}}
    tasks = [{"name": "t", "prompts": {"path": "dataset://preferences"}, "prompts_per_step": 2}]
    assert client.submit({**document, "tasks": tasks})["state"] == "queued"


def test_what_labellers_contradict_each_other_about_is_as_said(client: Client) -> None:
    client.labels.create("q", dataset="pairs")
    with pytest.raises(SpecError, match="prefer no response of label queue 'q'"):
        client.labels.export("q", "none")
    label(client, "q", "a", "good")
    for name in "bc":
        label(client, "q", name, "bad")
    assert client.labels.export("q", "most")["counts"] == {"by majority": 6}
    assert json.loads(client.datasets.content("most").splitlines()[0])["chosen"] == "bad 0"
    with pytest.raises(SpecError, match="contradicting 6"):
        client.labels.export("q", "all", contradicting="drop")
    with pytest.raises(Taken):
        client.labels.export("q", "pairs")
    client.labels.delete("q")
    assert (client.labels.all(), client.datasets.get("most")["state"]) == ([], "ready")


def test_pairs_that_a_job_chose_and_prompts_with_two_responses_are_queues(
    client: Client, service: Service, tmp_path: Path
) -> None:
    rows = [{"prompt": "p", "responses": ["one", "two"]}, {"prompt": "q", "responses": ["one"]}]
    client.datasets.push(written(tmp_path / "two.jsonl", rows))
    made = client.labels.create("two", dataset="two")
    assert (made["pairs"], made["passed_over"]) == (1, {"one response": 1})
    tenant = made["tenant"]
    mine, _ = service.store.create(job(), tenant=tenant)
    theirs, _ = service.store.create(job(), tenant="another")
    home = Path(str(service.store._database.engine.url.database)).parent
    for one in (mine, theirs):
        run = home / "jobs" / one.id
        run.mkdir()
        written(RunDirectory(run).chosen_path("math"), ROWS[:2])
    made = client.labels.create("chosen", job=mine.id, task="math")
    assert (made["pairs"], made["source"]) == (2, f"job {mine.id}, task math")
    with pytest.raises(SpecError, match="has chosen no pairs of a task 'chat'"):
        client.labels.create("x", job=mine.id, task="chat")
    with pytest.raises(JobNotFound):
        client.labels.create("x", job=theirs.id, task="math")


def test_what_makes_no_queue_is_refused(client: Client, tmp_path: Path) -> None:
    client.datasets.push(written(tmp_path / "prompts.jsonl", [{"prompt": "only"}]))
    with pytest.raises(SpecError, match="'data.jsonl' holds no pair to label"):
        client.labels.create("x", dataset="prompts")
    with pytest.raises(SpecError, match="no dataset 'nothing'"):
        client.labels.create("x", dataset="nothing")
    client.labels.create("q", dataset="pairs")
    with pytest.raises(LabelQueueNotFound, match="has no pair"):
        client.labels.say("q", "0" * 16, "anna", "left")
    with pytest.raises(Taken):
        client.labels.create("q", dataset="pairs")


def test_another_tenant_has_none_of_it(client: Client, service: Service) -> None:
    made = client.labels.create("q", dataset="pairs")
    key = client.labels.next("q", "anna")["pair"]["key"]
    with service.client(key_of(service.store, "stranger")) as other:
        assert other.labels.all() == []
        for word in ("q", made["id"]):
            for call in (
                lambda word=word: other.labels.get(word),
                lambda word=word: other.labels.next(word, "anna"),
                lambda word=word: other.labels.say(word, key, "anna", "left"),
                lambda word=word: other.labels.export(word, "x"),
                lambda word=word: other.labels.delete(word),
            ):
                with pytest.raises(LabelQueueNotFound):
                    call()
