"""Judges and a reward of a job, asked of a service on this machine."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from fakes import make_prompt
from http_service import service
from logs import logged

from raylign.errors import RunError
from raylign.judges.endpoints.registry import VARIABLE
from raylign.judges.endpoints.worker import EndpointWorker
from raylign.judges.questions.rubric_judge import RubricJudge
from raylign.judges.questions.two_token import LLMJudge
from raylign.secrets import VARIABLE as SECRETS

LARGE = {"endpoint": "large"}


def respond(path: str, body: Any, headers: Any) -> Any:
    """Finds everything safe and good but what has ACID in it."""
    assert headers["Authorization"] == "Bearer s3cret"
    if path == "/v1":
        return 200, {"rewards": [len(row["response"]) for row in body["rows"]]}
    bad = "ACID" in body["messages"][-1]["content"]
    if "logprobs" not in body:
        word = "UNSATISFACTORY" if bad else "GOOD"
        names = ("Factual accuracy", "Logical coherence", "Clarity", "Relevance", "Depth of argumentation")
        text = "\n".join(f"{name}: {word}" for name in names)
        return 200, {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}
    likeliest = [{"token": "Unsafe" if bad else "Safe", "logprob": -0.1}]
    return 200, {"choices": [{"logprobs": {"content": [{"top_logprobs": likeliest}]}}]}


def test_judges_and_rewards_are_asked_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with logged(logging.DEBUG) as lines, service(respond) as url:
        registered = {"large": {"url": f"{url}/v1", "model": "large-1", "key_env": "LARGE_KEY"}}
        (tmp_path / "endpoints.yaml").write_text(json.dumps(registered))
        monkeypatch.setenv(VARIABLE, str(tmp_path / "endpoints.yaml"))
        with pytest.raises(RunError, match="has its key in 'LARGE_KEY'"):
            EndpointWorker(name="large", seconds=5)
        monkeypatch.setenv("LARGE_KEY", "s3cret")
        worker = EndpointWorker(name="large", seconds=5)
        rows = [(make_prompt(), "Hello."), (make_prompt(), "ACID.")]
        safety = LLMJudge(model=LARGE, question="safety")
        rubric = RubricJudge(model=LARGE, rubric="explanation", threshold=3)
        said = [worker.ask(judge, rows) for judge in (safety, rubric)]
        assert [[verdict.satisfied for verdict in verdicts] for verdicts in said] == [[True, False]] * 2
        assert worker.rate(rows) == [6.0, 5.0]
        assert "s3cret" not in str(worker.ready())
        assert url not in str(worker.ready())
        assert lines.getvalue()
        assert "s3cret" not in lines.getvalue()


def test_a_job_s_own_key_is_sent_in_place_of_the_operator_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with service(respond) as url:
        registered = {"large": {"url": f"{url}/v1", "key_env": "KEY_OF_NOBODY"}}
        (tmp_path / "endpoints.yaml").write_text(json.dumps(registered))
        (tmp_path / "secrets.json").write_text(json.dumps({"mine": "s3cret"}))
        monkeypatch.setenv(VARIABLE, str(tmp_path / "endpoints.yaml"))
        monkeypatch.setenv(SECRETS, str(tmp_path / "secrets.json"))
        worker = EndpointWorker(name="large", seconds=10, secret="secret://mine")
        assert worker.rate([(make_prompt("?"), "abc")]) == [3.0]
        with pytest.raises(RunError, match="'other' is not here"):
            EndpointWorker(name="large", seconds=10, secret="secret://other")
