"""The stand-ins answer as services do: a rubric's form, two tokens, a number for every row."""

import threading

import pytest
import yaml
from fakes import make_prompt
from jobs import EXAMPLES

from examples.endpoints.service import server
from raylign.judges.endpoints.worker import EndpointWorker
from raylign.spec import load_job

PLAIN, FLATTERING = "Bread needs flour.", "Bread needs flour. You are so clever!"


@pytest.fixture
def registered(tmp_path, monkeypatch):
    """The example's own file, with the stand-ins' port of this moment."""
    with server(0) as serving:
        thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        text = (EXAMPLES / "endpoints" / "endpoints.yaml").read_text().replace("8765", str(serving.server_address[1]))
        (tmp_path / "endpoints.yaml").write_text(text)
        monkeypatch.setenv("RAYLIGN_ENDPOINTS", str(tmp_path / "endpoints.yaml"))
        yield
        serving.shutdown()
        thread.join()


def test_the_example_is_answered(registered):
    (task,) = load_job(EXAMPLES / "endpoints.yaml").tasks
    rubric, _ = task.reward_parts
    critic, scorer = (EndpointWorker(name=name, seconds=60) for name in ("critic", "scorer"))
    rows = [(make_prompt(), text) for text in (PLAIN, FLATTERING, f"{PLAIN}\n> {'word ' * 30}")]
    assert critic.ask(rubric, rows) == [3.0, 1.0, 2.0]
    assert scorer.rate(rows) == [1.0, 1.0, pytest.approx(5 / 34)]
    (question,) = task.judges[0].asks()
    assert [verdict.satisfied for verdict in critic.ask(question, rows[:2])] == [True, False]


def test_the_operator_s_file_names_what_the_job_asks():
    registered = yaml.safe_load((EXAMPLES / "endpoints" / "endpoints.yaml").read_text())
    assert registered.keys() == {one.endpoint for one in load_job(EXAMPLES / "endpoints.yaml").endpoints()}
