"""Fine-tuning, driven by the unmodified `openai` package."""

from pathlib import Path
from typing import Any

import openai
import pytest
from fakes import FakeTrainer
from fine_tuning import MODEL, demonstrations, drive, face, lines, preferences, write_result
from jobs import EXAMPLES
from openai import OpenAI
from service import end, job_document, key_of, step, warning

from raylign.judges.endpoints.registry import VARIABLE
from raylign.record.checkpoint import Checkpoints, Progress
from raylign.record.events.payloads import Trained
from raylign.service.store import State


def sent(client: OpenAI, content: bytes, name: str = "train.jsonl") -> str:
    return client.files.create(file=(name, content), purpose="fine-tune").id


def trained(loss: float) -> Trained:
    return Trained(
        loss=loss, grad_norm=1.0, learning_rate=1e-4, logprob_gap_max=None, logprob_gap_mean=None, padding=0.0
    )


async def test_a_supervised_job_is_made_followed_and_its_result_is_the_next_ones_model(tmp_path: Path) -> None:
    with face(tmp_path) as (service, client):
        file, held = sent(client, demonstrations()), sent(client, demonstrations(8), "held.jsonl")
        job = client.fine_tuning.jobs.create(
            model=MODEL,
            training_file=file,
            validation_file=held,
            method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2, "batch_size": 16}}},
            suffix="greeter",
            seed=7,
            metadata={"team": "a"},
        )
        assert (job.object, job.status, job.model, job.training_file) == ("fine_tuning.job", "queued", MODEL, file)
        assert (job.validation_file, job.seed, job.metadata) == (held, 7, {"team": "a"})
        assert job.to_dict()["method"]["supervised"]["hyperparameters"]["n_epochs"] == 2
        document = service.store.document(job.id)
        assert (document["kind"], document["name"], document["steps"], document["seed"]) == ("sft", "greeter", 8, 7)
        assert document["policy"]["model"].endswith("tiny/policy")
        assert document["policy"]["dtype"] == "float32"  # the operator's
        assert document["checkpoint"]["every"] == 4
        run = drive(service, tmp_path, job.id, step(1, step=0, steps=8, train=trained(2.5)), warning(2, "slow"))
        assert client.fine_tuning.jobs.retrieve(job.id).status == "running"
        kept = await Checkpoints(run / "checkpoints").save(FakeTrainer([]), Progress(2, 2, 0))
        write_result(run, loss=0.5)
        drive(service, tmp_path, job.id, end(3))
        done = client.fine_tuning.jobs.retrieve(job.id)
        assert (done.status, done.fine_tuned_model, done.trained_tokens, done.error) == ("succeeded", job.id, 64, None)
        said = client.fine_tuning.jobs.list_events(job.id, limit=2)
        assert [event.level for event in said.data] == ["info", "warn"]
        assert said.has_more
        every = list(client.fine_tuning.jobs.list_events(job.id, limit=2))
        assert [(event.type, event.message) for event in every] == [
            ("message", "The job has succeeded: done"),
            ("message", "slow"),
            ("metrics", "Step 1/8: training loss=2.5000"),
        ]
        assert every[-1].data == {"step": 1, "train_loss": 2.5}
        [checkpoint] = client.fine_tuning.jobs.checkpoints.list(job.id)
        assert checkpoint.fine_tuned_model_checkpoint == f"{job.id}:step-2"
        assert (checkpoint.step_number, checkpoint.metrics.train_loss) == (2, 0.5)
        assert {one.id for one in client.models.list()} == {MODEL, job.id}
        for word, folder in ((job.id, run / "model"), (f"{job.id}:step-2", kept / "policy")):
            assert client.models.retrieve(word).id == word
            with pytest.raises(openai.BadRequestError, match=str(folder)):  # it was found, and is no whole model
                client.fine_tuning.jobs.create(model=word, training_file=file)
        with pytest.raises(openai.NotFoundError, match="no model"):
            client.models.retrieve(f"{job.id}:step-9")


def test_jobs_are_listed_paused_resumed_and_cancelled(tmp_path: Path) -> None:
    with face(tmp_path) as (service, client):
        file = sent(client, demonstrations())
        jobs = [client.fine_tuning.jobs.create(model=MODEL, training_file=file) for _ in range(3)]
        assert [one.id for one in client.fine_tuning.jobs.list(limit=2)] == [one.id for one in reversed(jobs)]
        with service.http() as http:
            http.post("/v1/jobs", json=job_document())  # asked for otherwise: it is none of these
        assert len(list(client.fine_tuning.jobs.list())) == 3
        drive(service, tmp_path, jobs[0].id)
        assert client.fine_tuning.jobs.pause(jobs[0].id).status == "pausing"
        assert client.fine_tuning.jobs.pause(jobs[1].id).status == "paused"
        assert client.fine_tuning.jobs.resume(jobs[1].id).status == "queued"
        assert client.fine_tuning.jobs.cancel(jobs[1].id).status == "cancelled"
        with pytest.raises(openai.ConflictError) as again:
            client.with_options(max_retries=2).fine_tuning.jobs.cancel(jobs[1].id)
        assert again.value.response.headers["x-should-retry"] == "false"
        assert service.store.get(jobs[1].id).state is State.CANCELLED
        theirs = client.with_options(api_key=key_of(service.store, "acme"))
        assert list(theirs.fine_tuning.jobs.list()) == []
        for call in (theirs.fine_tuning.jobs.retrieve, theirs.fine_tuning.jobs.cancel, theirs.fine_tuning.jobs.pause):
            with pytest.raises(openai.NotFoundError):
                call(jobs[2].id)
        with pytest.raises(openai.BadRequestError, match="no dataset"):
            theirs.fine_tuning.jobs.create(model=MODEL, training_file=file)


def test_preferences_become_a_job_of_pairs(tmp_path: Path) -> None:
    with face(tmp_path) as (service, client):
        job = client.fine_tuning.jobs.create(
            model=MODEL,
            training_file=sent(client, preferences()),
            method={"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.3, "learning_rate_multiplier": 2}}},
        )
        document = service.store.document(job.id)
        [task] = document["tasks"]
        assert (document["kind"], document["steps"], task["prompts_per_step"]) == ("preferences", 32, 2)
        assert (task["method"]["loss"]["type"], task["method"]["loss"]["beta"]) == ("dpo", 0.3)
        assert document["trainer"]["learning_rate"] == pytest.approx(2e-4)


def test_reinforcement_becomes_a_job_whose_reward_is_the_grader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"messages": [{"role": "user", "content": f"{n} + 1?"}], "answer": str(n + 1)} for n in range(64)]
    grader: Any = {
        "type": "string_check",
        "name": "right",
        "input": "{{ sample.output_text }}",
        "reference": "{{ item.answer }}",
        "operation": "ilike",
    }
    told: Any = {
        "grader": grader,
        "hyperparameters": {"compute_multiplier": 0.5, "eval_interval": 5, "eval_samples": 2},
    }
    with face(tmp_path) as (service, client):
        file, held = sent(client, lines(rows)), sent(client, lines(rows[:8]))
        job = client.fine_tuning.jobs.create(
            model=MODEL,
            training_file=file,
            validation_file=held,
            method={"type": "reinforcement", "reinforcement": told},
        )
        assert job.to_dict()["method"]["reinforcement"]["grader"] == grader
        document = service.store.document(job.id)
        [task] = document["tasks"]
        assert (document["kind"], document["steps"], task["method"]["type"]) == ("align", 32, "grpo")
        assert (task["samples_per_prompt"], task["reward"]["type"]) == (4, "python")
        evaluation = document["evaluation"]
        assert (evaluation["prompts"], evaluation["every"], evaluation["samples"]) == (8, 5, 2)
        (tmp_path / "endpoints.yaml").write_text('{"large": {"url": "http://127.0.0.1:1/v1", "model": "l"}}')
        monkeypatch.setenv(VARIABLE, str(tmp_path / "endpoints.yaml"))

        def scored(by: str) -> Any:
            asked = [{"role": "user", "content": "How good is {{ sample.output_text }}?"}]
            grader = {"type": "score_model", "name": "m", "model": by, "input": asked}
            method: Any = {"type": "reinforcement", "reinforcement": {"grader": grader}}
            return client.fine_tuning.jobs.create(model=MODEL, training_file=file, method=method)

        [task] = service.store.document(scored("large").id)["tasks"]
        assert (task["reward"]["type"], task["reward"]["model"]) == ("score", {"endpoint": "large"})
        [task] = service.store.document(scored(MODEL).id)["tasks"]
        assert task["reward"]["model"] == str(EXAMPLES / "tiny/policy")
        with pytest.raises(
            openai.BadRequestError, match=f"no model 'gpt-5' to ask: registered here are {MODEL}, large"
        ):
            scored("gpt-5")


def test_a_second_try_of_the_client_makes_no_second_job(tmp_path: Path) -> None:
    with face(tmp_path) as (_, client):
        asked: dict[str, Any] = {"model": MODEL, "training_file": sent(client, demonstrations())}
        first = client.fine_tuning.jobs.create(**asked)
        retry = {"x-stainless-retry-count": "1"}
        assert client.fine_tuning.jobs.create(**asked, extra_headers=retry).id == first.id
        assert client.fine_tuning.jobs.create(**asked).id != first.id
        assert client.fine_tuning.jobs.create(**asked, seed=3, extra_headers=retry).id != first.id


def test_what_cannot_be_done_as_asked_is_refused_with_the_reason(tmp_path: Path) -> None:
    with face(tmp_path) as (_, client):
        file = sent(client, demonstrations(4))
        tools = sent(client, lines([{"messages": [{"role": "user", "content": "a"}], "tools": [{}]}]))
        damaged = sent(client, demonstrations(2) + b'{"messages": []}\n')
        for asked, says in (
            ({"model": "gpt-5"}, f"no model 'gpt-5' here; models: {MODEL}"),
            ({"model": "job_" + "0" * 26}, "no model"),
            ({"training_file": "file-x"}, "no dataset 'file-x'"),
            ({"training_file": tools}, "'tools', which is not trained with"),
            ({"training_file": damaged}, "1 rows .* the first at data.jsonl, line 3"),
            ({"integrations": [{"type": "wandb", "wandb": {"project": "x"}}]}, "integrations"),
            ({"method": {"type": "reinforcement"}}, "method"),
            ({"hyperparameters": {"n_epochs": 0}}, "n_epochs"),
            ({"hyperparameters": {"batch_size": 5}}, "has 4 rows"),
            ({"hyperparameters": {}, "method": {"type": "supervised"}}, "beside `method`"),
            ({"suffix": "a b"}, "suffix"),
            ({"extra_body": {"weights": 1}}, "weights"),
            ({"metadata": {str(n): "" for n in range(17)}}, "metadata"),
        ):
            with pytest.raises(openai.BadRequestError, match=says):
                client.fine_tuning.jobs.create(**{"model": MODEL, "training_file": file, **asked})
        assert list(client.fine_tuning.jobs.list()) == []
