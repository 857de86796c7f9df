"""Two tenants: whatever one tries to read or touch of the other's, or of the gateway's disk, is refused.

Every attempt is one of docs/threat-model.md's. After all of them nothing of the other's is changed, and none of the
answers held a word of it.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from service import TOKEN, Service, job, job_document, key_of, live_service, open_store, report, step, warning

from raylign.service.access import Scope
from raylign.service.confines import Confines
from raylign.service.home import Home, open_home
from raylign.service.keyring import make_key
from raylign.service.store import JobRecord, LabelPair, LabelQueueRecord
from raylign.service.vault import Vault

SECRET = "the-other's-secret"
PAIR = "0" * 16
OTHERS_TOKEN = "token-of-the-others-attempt"


@dataclass
class World:
    """A service with two tenants, and what one of them knows."""

    service: Service
    home: Home
    http: httpx.Client
    """The attacker's, whose key may read and submit."""
    mine: JobRecord
    """The attacker's job, whose attempt's token is `TOKEN`."""
    theirs: JobRecord
    """A running job whose id the attacker knows."""
    data: Path
    """The other's uploaded data, whose place the attacker knows."""
    hook: str
    """The other's webhook."""

    def ask(self, method: str, path: str, **settings: Any) -> httpx.Response:
        return self.http.request(method, path, **settings)

    def of_job(self, method: str, path: str = "", **settings: Any) -> httpx.Response:
        return self.ask(method, f"/v1/jobs/{self.theirs.id}{path}", **settings)

    def submit(self, at: str = "/v1/jobs", headers: dict[str, str] | None = None, **changes: Any) -> httpx.Response:
        """A job that reads what is the attacker's own, but for ``changes``; of its task where they are a task's."""
        document = job_document()
        task = document["tasks"][0] | {"prompts": {"path": str(self.own / "p.jsonl")}}
        names = ("prompts", "eval_prompts", "judges", "reward")
        task |= {name: value for name, value in changes.items() if name in names}
        document |= {name: value for name, value in changes.items() if name not in names}
        return self.ask("POST", at, json=document | {"tasks": [task]}, headers=headers)

    def reading(self, path: Path | str, **more: Any) -> httpx.Response:
        return self.submit(prompts={"path": str(path), **more})

    @property
    def own(self) -> Path:
        return self.home.tenant("mallory")

    def with_key(self, text: str, method: str = "GET", path: str = "/v1/jobs") -> httpx.Response:
        return httpx.request(method, self.service.url + path, headers={"Authorization": f"Bearer {text}"})


def begun(service: Service, tenant: str, token: str, run_dir: Path) -> JobRecord:
    made, _ = service.store.create(job(f"{tenant}-job"), tenant=tenant, key="k")
    service.store.confirm_attempt(service.store.begin_attempt(made.id, token=token, run_dir=str(run_dir)))
    return made


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("home")
    home = open_home(folder)
    (folder / "api_key").write_text(SECRET)
    confines = Confines(home=home, store=open_store(folder))
    with live_service(folder, confines=confines) as service:
        theirs = begun(service, "victim", OTHERS_TOKEN, home.jobs / "run")
        run = home.jobs / theirs.id
        (run / "model").mkdir(parents=True)
        (run / "model" / "config.json").write_text(json.dumps({"architectures": ["X"], "secret": SECRET}))
        (run / "report.html").write_text(SECRET)
        report(service, theirs.id, [step(1), warning(2, SECRET)], token=OTHERS_TOKEN)
        content = json.dumps({"prompt": SECRET}).encode() + b"\n"
        with service.http(key_of(service.store, "victim")) as http:
            wanted = {"name": "notes", "format": "jsonl", "bytes": len(content)}
            http.post("/v1/datasets", json=wanted | {"sha256": hashlib.sha256(content).hexdigest()})
            http.put("/v1/datasets/notes/content", content=content)
            hook = http.post("/v1/webhooks", json={"url": "https://hooks.example/"}).json()["id"]
        Vault(service.store, home.secret_keys).put("victim", "hub", "hf_" + SECRET)
        pair = {"asked": {"prompt": SECRET}, "responses": [SECRET, "b"], "metadata": {}}
        queue = LabelQueueRecord(id="lq_1", tenant="victim", name="labels", source="dataset notes", seed=0, pairs=1)
        service.store.add_label_queue(queue, [LabelPair(key=PAIR, pair=pair)])
        [data] = home.tenant("victim").rglob("data.jsonl")
        own = home.tenant("mallory")
        own.mkdir(parents=True)
        (own / "p.jsonl").write_text('{"prompt": "a"}\n' * 99)
        (own / "link.jsonl").symlink_to(data)
        (own / "saved").mkdir()
        files = [{"filename": f"../../victim/{data.name}"}]
        (own / "saved" / "state.json").write_text(json.dumps({"_data_files": files}))
        (own / "saved" / "dataset_info.json").write_text("{}")
        mine = begun(service, "mallory", TOKEN, home.jobs / "mine")
        with service.http(key_of(service.store, "mallory")) as http:
            yield World(service, home, http, mine, theirs, data, hook)


def key(world: World, **changes: Any) -> tuple[str, str]:
    """A key of the other's, by its id and its text."""
    settings = {"name": "x", "tenant": "victim", "scopes": {Scope.READ}, "lasts_s": None} | changes
    made, text = make_key(world.service.store, **settings)
    return made.id, text


def revoked(world: World) -> httpx.Response:
    key_id, text = key(world)
    world.service.store.revoke_key(key_id)
    return world.with_key(text)


def guessed(world: World) -> httpx.Response:
    key_id, _ = key(world)
    return world.with_key(f"rl_{key_id}_" + "A" * 43)


def with_reads_only(world: World) -> httpx.Response:
    text = key_of(world.service.store, "mallory", Scope.READ)
    return world.with_key(text, "POST", f"/v1/jobs/{world.mine.id}/cancel")


def judged_by(world: World, **judge: Any) -> httpx.Response:
    return world.submit(judges=[judge])


ATTEMPTS: dict[str, Callable[[World], httpx.Response]] = {
    # the other's job, by its id
    "job": lambda w: w.of_job("GET"),
    "events": lambda w: w.of_job("GET", "/events"),
    "stream of events": lambda w: w.of_job("GET", "/events", headers={"Accept": "text/event-stream"}),
    "metrics": lambda w: w.of_job("GET", "/metrics"),
    "stream of metrics": lambda w: w.of_job("GET", "/metrics", headers={"Accept": "text/event-stream"}),
    "report page": lambda w: w.of_job("GET", "/report"),
    "actors": lambda w: w.of_job("GET", "/actors"),
    "attempts": lambda w: w.of_job("GET", "/attempts"),
    "cancel": lambda w: w.of_job("POST", "/cancel"),
    "pause": lambda w: w.of_job("POST", "/pause"),
    "resume": lambda w: w.of_job("POST", "/resume"),
    "retry": lambda w: w.of_job("POST", "/retry"),
    "delete": lambda w: w.of_job("DELETE"),
    "list of the other's": lambda w: w.ask("GET", "/v1/jobs?tenant=victim"),
    "job after the other's": lambda w: w.submit(f"/v1/jobs?after={w.theirs.id}"),
    "traversal in an id": lambda w: w.ask("GET", "/v1/jobs/..%2f..%2fraylign.db"),
    # its attempts
    "report with an API key": lambda w: report(
        w.service, w.theirs.id, [step(3)], token=key_of(w.service.store, "victim")
    ),
    "report with a stolen token": lambda w: report(w.service, w.theirs.id, [step(3)], token=TOKEN),
    "report of another attempt": lambda w: report(w.service, w.mine.id, [step(1)], n=2),
    "reading with an attempt's token": lambda w: w.with_key(OTHERS_TOKEN, path=f"/v1/jobs/{w.theirs.id}"),
    # its data
    "dataset": lambda w: w.ask("GET", "/v1/datasets/notes"),
    "dataset by its id": lambda w: w.ask("GET", f"/v1/datasets/{w.data.parent.name}"),
    "rows of a dataset": lambda w: w.ask("GET", f"/v1/datasets/{w.data.parent.name}/rows"),
    "content of a dataset": lambda w: w.ask("GET", f"/v1/datasets/{w.data.parent.name}/content"),
    "content over a dataset's": lambda w: w.ask("PUT", f"/v1/datasets/{w.data.parent.name}/content", content=b"x"),
    "deleting a dataset": lambda w: w.ask("DELETE", f"/v1/datasets/{w.data.parent.name}"),
    "list of datasets": lambda w: w.ask("GET", "/v1/datasets?tenant=victim"),
    "dataset in a job": lambda w: w.reading("dataset://notes"),
    # what its people say of pairs
    "label queue": lambda w: w.ask("GET", "/v1/label-queues/lq_1"),
    "label queue by its name": lambda w: w.ask("GET", "/v1/label-queues/labels"),
    "list of label queues": lambda w: w.ask("GET", "/v1/label-queues?tenant=victim"),
    "pair of a label queue": lambda w: w.ask("GET", "/v1/label-queues/lq_1/next?labeller=anna"),
    "verdict in a label queue": lambda w: w.ask(
        "POST", "/v1/label-queues/lq_1/verdicts", json={"pair": PAIR, "labeller": "anna", "verdict": "left"}
    ),
    "export of a label queue": lambda w: w.ask("POST", "/v1/label-queues/lq_1/export", json={"dataset": "x"}),
    "deleting a label queue": lambda w: w.ask("DELETE", "/v1/label-queues/lq_1"),
    "label queue of its dataset": lambda w: w.ask(
        "POST", "/v1/label-queues", json={"name": "x", "dataset": w.data.parent.name}
    ),
    "label queue of its job": lambda w: w.ask(
        "POST", "/v1/label-queues", json={"name": "x", "job": w.theirs.id, "task": "math"}
    ),
    # its secrets
    "list of secrets": lambda w: w.ask("GET", "/v1/secrets?tenant=victim"),
    "deleting a secret": lambda w: w.ask("DELETE", "/v1/secrets/hub"),
    "secret in a job": lambda w: w.submit(secrets={"hub": "secret://hub"}),
    # its keys
    "a key that was revoked": revoked,
    "a key that has expired": lambda w: w.with_key(key(w, lasts_s=-1)[1]),
    "a guessed secret of a known key": guessed,
    "no key": lambda w: httpx.get(f"{w.service.url}/v1/jobs/{w.theirs.id}"),
    "a scope that a key lacks": with_reads_only,
    "a foreign host's name": lambda w: w.ask("GET", "/v1/jobs", headers={"Host": "evil.example"}),
    # the disk, by a job
    "the other's data as prompts": lambda w: w.reading(w.data),
    "a pattern over tenants": lambda w: w.reading(w.home.path / "tenants" / "*" / "datasets" / "**" / "*.jsonl"),
    "the way round by ..": lambda w: w.reading(w.own / ".." / "victim" / "datasets"),
    "the way round by a link": lambda w: w.reading(w.own / "link.jsonl"),
    "a saved dataset that names others": lambda w: w.reading(w.own / "saved"),
    "the store": lambda w: w.reading(w.home.path / "raylign.db"),
    "the home's key": lambda w: w.reading(w.home.api_key),
    "passwords": lambda w: w.reading("/etc/passwd"),
    "the environment": lambda w: w.reading("/proc/self/environ"),
    "the file by a URL": lambda w: w.reading("file:///etc/passwd"),
    "evaluation's prompts": lambda w: w.submit(eval_prompts={"path": str(w.data)}),
    "canaries": lambda w: judged_by(w, type="math", canaries={"path": str(w.home.api_key)}),
    "a grader's file": lambda w: judged_by(w, type="python", path="/etc/passwd"),
    "the other's model as policy": lambda w: w.submit(policy={"model": str(w.home.jobs / w.theirs.id / "model")}),
    "as reference": lambda w: w.submit(reference={"model": str(w.home.jobs / w.theirs.id / "model")}),
    "as reward": lambda w: w.submit(reward={"model": str(w.home.jobs / w.theirs.id / "model")}),
    "as judge": lambda w: judged_by(w, type="llm", model=str(w.home.jobs / w.theirs.id / "model"), question="safety"),
    "one's own attempt's token": lambda w: w.reading(w.home.jobs / w.mine.id / "report-token"),
    # elsewhere, by a job
    "a database as tracker": lambda w: w.submit(trackers=[{"type": "mlflow", "uri": "sqlite:////tmp/x.db"}]),
    "curves to a stranger": lambda w: w.submit(trackers=[{"type": "mlflow", "uri": "http://169.254.169.254"}]),
    "the operator's account": lambda w: w.submit(trackers=[{"type": "wandb"}]),
    "the operator's token to write": lambda w: w.submit(output={"push_to": "org/name"}),
    "the operator's token to read": lambda w: w.reading("hf://org/private"),
    "a webhook into the inner network": lambda w: w.ask(
        "POST", "/v1/webhooks", json={"url": "https://169.254.169.254/"}
    ),
    "another's webhook": lambda w: w.ask("GET", f"/v1/webhooks/{w.hook}"),
    "an address in place of an endpoint's name": lambda w: judged_by(
        w, type="llm", model={"endpoint": "http://169.254.169.254/latest"}, question="safety"
    ),
}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_every_attempt_is_refused(world: World, name: str) -> None:
    answer = ATTEMPTS[name](world)
    assert 400 <= answer.status_code < 500, answer.text
    assert SECRET not in answer.text.replace("\\u0027", "'")


def test_there_are_at_least_forty() -> None:
    assert len(ATTEMPTS) >= 40


@pytest.mark.parametrize("path", ["/v1/plans", "/v1/jobs"])
def test_whether_a_file_is_there_is_not_told(world: World, path: str) -> None:
    """A plan is answered with 200 and its faults, a submit with 422: neither differs by what is on the disk."""
    places = [world.data, world.data.with_name("nothing"), Path("/etc/shadow"), Path("/nowhere")]
    said = {world.submit(path, prompts={"path": str(place)}).text.replace(str(place), "PLACE") for place in places}
    assert len(said) == 1
    assert "here jobs read what lies in" in said.pop()


def test_an_idempotency_key_is_ones_own(world: World) -> None:
    made = world.submit(headers={"Idempotency-Key": "k"})
    assert made.status_code in (200, 201, 409)  # one's own is used, or makes another job
    assert world.theirs.id not in made.text


def test_nothing_of_the_others_is_listed_or_changed(world: World) -> None:
    for name in ATTEMPTS:
        ATTEMPTS[name](world)
    assert world.theirs.id not in world.ask("GET", "/v1/jobs?limit=200").text
    assert "notes" not in world.ask("GET", "/v1/datasets").text
    theirs = world.service.store.dossier(world.theirs.id).job
    assert (theirs.state.value, theirs.desired, theirs.last_seq) == ("running", "run", 2)
    assert SECRET in world.data.read_text()
    assert world.service.store.next_pair("lq_1", "anna")[1] == 0
