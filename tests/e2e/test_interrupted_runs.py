"""A run that is interrupted in every way ends with the bits of one left alone; Ctrl-C leaves no process behind."""

import hashlib
import json
import os
import shutil
import signal
import time
from pathlib import Path

import psutil
import pytest
from depths import deep
from jobs import EXAMPLES, PATIENCE_S, finish, run_job, small_job, start, untimed, wait_for_step
from s3 import BUCKET, s3_server

from raylign.record.checkpoint import Checkpoints
from raylign.record.kept import kept_of
from raylign.record.rundir import RunDirectory
from raylign.remote import Remote

pytestmark = [pytest.mark.ray, pytest.mark.timeout(3 * PATIENCE_S)]

ENGINE = {"engine": "transformers", "max_tokens": 24, "context_tokens": 128}
RESIZED = 24
"""Steps, enough that two interruptions come before the last."""
REPLACED = ("rollout", "reward", "reference")
"""Workers without state, in the order in which they are killed."""


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def last_step(run: Path) -> int:
    return max((row["step"] for row in RunDirectory(run).metrics()), default=-1)


def wait_for_actors(run: Path) -> None:
    """Until the run says that they are starting."""
    events = run / "events.jsonl"
    end = time.monotonic() + PATIENCE_S
    while not (events.exists() and "starting actors" in events.read_text()):
        assert time.monotonic() < end, f"no actor was started within {PATIENCE_S} s"
        time.sleep(0.1)


def kill_worker(driver: int, role: str) -> None:
    """SIGKILL to the actor whose process title names ``role``, at work or idle."""
    for process in psutil.Process(driver).children(recursive=True):
        title = " ".join(process.cmdline()).lower()
        if title.startswith("ray::") and role in title:
            os.kill(process.pid, signal.SIGKILL)
            return
    raise AssertionError(f"no {role} worker runs")


@deep("roles", short=REPLACED[:1], whole=REPLACED)
def test_killed_in_every_part_a_run_ends_with_the_bits_of_one_left_alone(tmp_path, roles):
    # Enough that nothing is killed too late: between a kill and what is said of it a few steps may pass.
    steps = 12 + 4 * len(roles)
    job = small_job(tmp_path, "crpg", steps=steps, rollout=ENGINE, checkpoint={"every": 2, "keep_last": 4})
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    status, output = run_job("--job", str(job), "--run-dir", str(whole))
    assert status == 0, output

    # Nobody else may have its directory; workers without state are replaced; then Ctrl-C.
    driver = start("actors", "run", "--no-dashboard", "--job", str(job), "--run-dir", str(broken))
    wait_for_actors(broken)
    refused, said = run_job("--run-dir", str(broken))
    assert refused == 1
    assert f"is in use by another run, process {driver.pid}" in said
    wait_for_step(broken, 1, driver)
    for role in roles:
        kill_worker(driver.pid, role)
        wait_for_step(broken, last_step(broken) + 2, driver)
    children = psutil.Process(driver.pid).children(recursive=True)
    assert children
    os.kill(driver.pid, signal.SIGINT)
    status, output = finish(driver)
    assert status == 130, output
    assert "raylign run --resume" in output
    _, alive = psutil.wait_procs(children, timeout=30)
    assert alive == []
    assert list(RunDirectory(broken).events())[-1].data["state"] == "cancelled"

    # Resumed: the driver is killed.
    driver = start("actors", "run", "--no-dashboard", "--run-dir", str(broken))
    wait_for_step(broken, last_step(broken) + 2, driver)
    at = last_step(broken)
    os.kill(driver.pid, signal.SIGKILL)
    finish(driver)
    found = Checkpoints(broken / "checkpoints").latest()
    assert found is not None
    assert at - 1 <= found[1].next_step <= last_step(broken) + 1

    # Resumed again: a lost trainer goes back to the last checkpoint.
    driver = start("actors", "run", "--no-dashboard", "--run-dir", str(broken))
    wait_for_step(broken, last_step(broken) + 1, driver)
    kill_worker(driver.pid, "policy")
    status, output = finish(driver)
    assert status == 0, output

    assert untimed(broken) == untimed(whole)
    assert [row["step"] for row in RunDirectory(broken).metrics()] == list(range(steps))
    weights = f"checkpoints/step-{steps}/policy/model.safetensors"
    assert digest(broken / weights) == digest(whole / weights)
    events = list(RunDirectory(broken).events())
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert events[-1].data["state"] == "succeeded"
    *replaced, rebuilt = [event.data["message"] for event in events if event.kind == "warning"]
    assert [warning.split(":")[0] for warning in replaced] == [
        f"{role}/0 is started again (1 of 3 times)" for role in roles
    ]
    assert "policy/0 died" in rebuilt
    assert "the last good checkpoint is" in rebuilt
    assert sum(event.data.get("phase") == "resuming" for event in events) == 3


def test_two_ranks_are_gone_on_from_by_one_and_by_three(tmp_path):
    """In ZeRO-3's shards: the losses of a run left alone, but for the order in which ranks sum."""
    trainer = {"ranks": 2, "zero_stage": 3, "learning_rate": 3e-4}
    settings = {"evaluation": {"rows": 4}, "checkpoint": {"every": 2, "keep_last": 9}, "trainer": trainer}
    job = small_job(tmp_path, "sft", steps=RESIZED, task={"judges": [], "eval_prompts": None}, **settings)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    status, output = run_job("--job", str(job), "--run-dir", str(whole))
    assert status == 0, output

    for ranks, given in ((2, ("--job", str(job))), (1, ("trainer.ranks=1",))):
        driver = start("actors", "run", "--no-dashboard", "--run-dir", str(broken), *given)
        wait_for_step(broken, last_step(broken) + 3, driver)
        os.kill(driver.pid, signal.SIGINT)
        status, output = finish(driver)
        assert status == 130, output
        assert RunDirectory(broken).job()["trainer"]["ranks"] == ranks
    status, output = run_job("--run-dir", str(broken), "trainer.ranks=3")
    assert status == 0, output

    plans = [event.data["actors"] for event in RunDirectory(broken).events() if event.kind == "plan"]
    assert [len(actors) for actors in plans] == [2, 1, 3]
    metrics = [RunDirectory(run).metrics() for run in (broken, whole)]
    assert [row["step"] for row in metrics[0]] == list(range(RESIZED))
    for name in ("train/loss", "train/grad_norm"):
        ours, theirs = ([row[name] for row in rows] for rows in metrics)
        assert ours == pytest.approx(theirs, rel=1e-3)


@pytest.mark.proof
def test_what_came_out_is_measured_beside_what_it_came_from(tmp_path):
    """By the same judges and reward, on a file."""
    run = tmp_path / "run"
    status, output = run_job("--job", str(small_job(tmp_path, "crpg", rollout=ENGINE)), "--run-dir", str(run))
    assert status == 0, output
    prompts = EXAMPLES / "tiny" / "prompts" / "math-eval.jsonl"
    told = ("--run-dir", str(run), "--prompts", str(prompts), "--task", "math", "--greedy", "--json")
    status, output = finish(start("actors", "eval", *told))
    assert status == 0, output
    measured = json.loads(output.splitlines()[-1])
    assert measured["prompts"] == len(prompts.read_text().splitlines())
    for metric in ("satisfied", "math", "reward"):
        assert None not in (measured["metrics"][metric]["base"], measured["metrics"][metric]["result"])


def test_ctrl_c_while_actors_start_leaves_nothing_behind(tmp_path):
    job = small_job(tmp_path, "crpg", rollout=ENGINE)
    process = start("actors", "run", "--no-dashboard", "--job", str(job), "--run-dir", str(tmp_path / "run"))
    wait_for_actors(tmp_path / "run")
    children = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGINT)
    status, output = finish(process, seconds=60)
    assert status == 130, output
    assert "there is no checkpoint yet" in output
    _, alive = psutil.wait_procs(children, timeout=30)
    assert alive == []


@pytest.fixture
def s3(monkeypatch):
    with s3_server() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield


def test_a_run_goes_on_from_a_store_on_a_disk_that_knows_nothing_of_it(tmp_path, s3):
    """Two ranks, each with its part of the optimizer, and a reference that moves: to the bits of one on a disk."""
    job = small_job(
        tmp_path,
        "moving-reference",
        steps=6,
        trainer={"ranks": 2, "zero_stage": 1, "learning_rate": 1e-3},
        checkpoint={"every": 2},
        evaluation={"prompts": 0},
        reference={"follows": {"every": 2, "share": 0.5}},
        task={"eval_prompts": None, "judges": []},
    )
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    status, output = run_job("--job", str(job), "--run-dir", str(whole))
    assert status == 0, output

    store = f"s3://{BUCKET}/runs/broken"
    arguments = ("--job", str(job), "--run-dir", str(broken), f"checkpoint.store={store}")
    driver = start("actors", "run", "--no-dashboard", *arguments)
    wait_for_step(broken, 3, driver)
    os.killpg(driver.pid, signal.SIGKILL)
    finish(driver)
    for known in ("checkpoints", "reference"):
        shutil.rmtree(broken / known, ignore_errors=True)
    status, output = run_job("--run-dir", str(broken))
    assert status == 0, output

    assert untimed(broken) == untimed(whole)
    assert digest(broken / "model" / "model.safetensors") == digest(whole / "model" / "model.safetensors")
    said = list(RunDirectory(broken).events())
    assert [event.data["detail"] for event in said if event.data.get("phase") == "resuming"] in (
        [f"from {store}/checkpoints/step-{step}"] for step in (2, 4)
    )
    assert [event.data["address"] for event in said if event.kind == "pushed"] == [f"{store}/model"]
    assert not list(broken.glob("checkpoints/step-*"))
    assert not (broken / "reference").exists()
    assert Remote(f"{store}/reference").folders() == {"step-2", "step-4", "step-6"}
    assert [one.name for one in kept_of(RunDirectory(broken)).all()] == ["step-4", "step-6"]

    # Another run does not take them for its own.
    status, output = run_job("--job", str(job), "--run-dir", str(tmp_path / "other"), f"checkpoint.store={store}")
    assert status == 1
    assert "holds another run's checkpoints" in output
