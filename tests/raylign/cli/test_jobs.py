"""Jobs at a gateway, from the command line."""

import json

import pytest
from command import raylign
from jobs import EXAMPLES
from service import KEY, TOKEN, end, live_service, step
from service import started as started_job

from raylign.cli.jobs import follow
from raylign.service.client import Client
from raylign.show.console import SHOWN


def test_submit_without_a_gateway_says_how_to_start_one(tmp_path):
    done = raylign("submit", EXAMPLES / "crpg.yaml", "--home", tmp_path)
    assert done.returncode == 1
    assert "start one with `raylign serve" in done.stderr


@pytest.fixture
def gateway(tmp_path, monkeypatch):
    """A live gateway that the commands find by the environment."""
    with live_service(tmp_path) as running:
        monkeypatch.setenv("RAYLIGN_URL", running.url)
        monkeypatch.setenv("RAYLIGN_API_KEY", KEY)
        yield running


def test_a_job_is_sent_once_listed_and_cancelled_by_its_name(gateway):
    sent = json.loads(raylign("submit", EXAMPLES / "crpg.yaml", "--key", "k", "--metadata", "team=a", "--json").stdout)
    again = raylign("submit", EXAMPLES / "crpg.yaml", "--key", "k").stdout
    assert again == f"{sent['id']}  queued  raylign watch {sent['id']}\n"
    [listed] = json.loads(raylign("jobs", "--json").stdout)
    assert (listed["id"], listed["name"]) == (sent["id"], "crpg")
    assert sent["id"] in raylign("jobs").stdout
    assert raylign("pause", "crpg", "--ttl", "60").stdout == f"{sent['id']}  paused\n"
    assert json.loads(raylign("resume", "crpg", "--json").stdout)["state"] == "queued"
    assert raylign("cancel", "crpg").stdout == f"{sent['id']}  cancelled\n"
    assert raylign("retry", "crpg").stdout == f"{sent['id']}  queued\n"
    assert raylign("jobs", "--state", "queued", "--name", "crpg", "--metadata", "team=a").stdout.startswith(sent["id"])
    assert raylign("jobs", "--metadata", "team=b").stdout == ""
    raylign("cancel", "crpg")
    done = raylign("cancel", "latest")
    assert done.returncode == 1
    assert "is cancelled" in done.stderr
    assert raylign("delete", "latest").stdout == f"{sent['id']}  deleted\n"
    assert raylign("jobs").stdout == ""


@pytest.mark.parametrize(("state", "status"), [("succeeded", 0), ("failed", 1), ("cancelled", 130)])
def test_following_a_job_ends_as_the_job_does(gateway, state, status):
    made, attempt = started_job(gateway.store)
    gateway.store.report(made.id, 1, TOKEN, [step(1)])
    if state == "cancelled":
        gateway.store.cancel(made.id)
        gateway.store.close_attempt(attempt, "stopped", max_attempts=1)
    else:
        gateway.store.report(made.id, 1, TOKEN, [end(2, state)])
    done = raylign("watch", made.id[:8], "--json")
    assert done.returncode == status, done.stderr
    assert [json.loads(line)["kind"] for line in done.stdout.splitlines()][-2:] == ["step", "end"]


@pytest.mark.parametrize(("as_json", "kinds"), [(True, ()), (False, SHOWN)])
def test_what_no_display_shows_is_not_sent_to_one(as_json, kinds, capsys):
    class Asked:
        url = "http://gateway"

        def events(self, job, *, kinds):
            self.kinds = kinds
            return [end(1)]

    client = Asked()
    assert follow(client, "job_1", as_json) == 0
    assert client.kinds == kinds
    assert ("samples" in kinds, "step" in kinds) == (False, not as_json)


def test_a_word_that_names_no_job_says_which_there_are(gateway):
    done = raylign("watch", "nothing")
    assert done.returncode == 1
    assert "'nothing'" in done.stderr


def test_what_is_sent_has_the_settings_beside_the_file(gateway):
    sent = json.loads(raylign("submit", EXAMPLES / "crpg.yaml", "name=other", "tasks.math.weight=2", "--json").stdout)
    assert sent["name"] == "other"
    with Client(gateway.url, KEY) as client:
        assert client.get(sent["id"])["document"]["tasks"][0]["weight"] == 2.0
