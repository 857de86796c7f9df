import json
import os
import signal
import subprocess
import sys

import pytest
from event_stream import event_stream, full_of_holes, plan

from raylign.errors import CheckpointError, RunError, SpecError
from raylign.record.events import Event
from raylign.record.events.payloads import RunEnded, Status, StepDone
from raylign.record.rundir import RunDirectory

JOB = {"name": "tiny", "steps": 3}


def test_events_come_back_as_they_were_written(tmp_path):
    events = list(event_stream(steps=3))
    with RunDirectory.create(tmp_path / "deep" / "run", JOB) as run:
        for event in events:
            run.append(event)
    reader = RunDirectory(run.path)
    assert list(reader.events()) == events
    assert reader.next_seq == len(events) + 1
    assert reader.job() == JOB
    assert json.loads(reader.plan_path.read_text())["job"] == "tiny-cgpo"


def test_metrics_are_one_line_per_step(tmp_path):
    with RunDirectory.create(tmp_path, JOB) as run:
        for event in full_of_holes(steps=4):
            run.append(event)
    metrics = run.metrics()
    assert [line["step"] for line in metrics] == [0, 1, 2, 3]
    assert metrics[0]["math/satisfied"] is None
    assert metrics[0]["chat/kl"] > 0
    assert "NaN" not in run.metrics_path.read_text() + run.events_path.read_text()


def test_an_event_is_on_disk_when_append_returns(tmp_path):
    with RunDirectory.create(tmp_path, JOB) as run:
        run.append(Event.of(Status(phase="start"), seq=1))
        assert len(run.events_path.read_text().splitlines()) == 1


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_torn_last_line_is_not_there_for_readers_and_cut_on_open(tmp_path, cut):
    events = list(event_stream(steps=3))
    with RunDirectory.create(tmp_path, JOB) as run:
        for event in events:
            run.append(event)
    torn = run.events_path.read_bytes()[:-cut]
    run.events_path.write_bytes(torn)
    assert list(RunDirectory(tmp_path).events()) == events[:-1]
    assert run.events_path.read_bytes() == torn
    with RunDirectory.open(tmp_path) as again:
        again.append(events[-1])
    assert list(again.events()) == events


def test_a_damaged_line_is_named(tmp_path):
    with RunDirectory.create(tmp_path, JOB) as run:
        run.events_path.write_text('{"seq": 1, "kind": "status", "data": {}}\n{"seq": \n')
    with pytest.raises(RunError, match="line 2 is damaged"):
        list(run.events())


def test_rewound_and_resumed_metrics_equal_uninterrupted_ones(tmp_path):
    events = list(event_stream(steps=10))
    with RunDirectory.create(tmp_path / "whole", JOB) as whole:
        for event in events:
            whole.append(event)
    with RunDirectory.create(tmp_path / "broken", JOB) as broken:
        for event in events[: len(events) * 3 // 4]:
            broken.append(event)
    with RunDirectory.open(tmp_path / "broken") as resumed:
        resumed.rewind(4)
        assert [line["step"] for line in resumed.metrics()] == [0, 1, 2, 3]
        for event in events:
            if isinstance(event.said, StepDone) and event.said.step >= 4:
                resumed.append(event)
    assert resumed.metrics_path.read_bytes() == whole.metrics_path.read_bytes()


@pytest.mark.parametrize("text", ["\u2028", "\u2029\x85"])
def test_only_a_line_feed_ends_a_line(tmp_path, text):
    """Lines that another program wrote may hold Unicode's other line breaks as they are."""
    with RunDirectory.create(tmp_path, JOB) as run:
        lines = [json.dumps({"step": step, "note": text}, ensure_ascii=False) + "\n" for step in range(3)]
        run.metrics_path.write_bytes("".join(lines).encode())
        run.rewind(2)
        assert run.metrics_path.read_bytes() == "".join(lines[:2]).encode()
        assert [line["note"] for line in run.metrics()] == [text, text]


def test_the_next_number_and_the_torn_line_are_found_from_the_end(tmp_path):
    """Not by reading it all: what lies before is not looked at, however long, here a line that is damaged."""
    with RunDirectory.create(tmp_path, JOB) as run:
        run.append(Event.of(Status(phase="x" * 200_000), seq=1))
        run.append(Event.of(Status(phase="y" * 200_000), seq=2))
    whole = run.events_path.read_bytes()
    run.events_path.write_bytes(b"{damaged}\n" + whole + b'{"seq": 3, "torn')
    assert run.next_seq == 3
    RunDirectory.open(tmp_path).close()
    assert run.events_path.read_bytes() == b"{damaged}\n" + whole
    run.events_path.write_bytes(b'{"seq": 1')
    assert run.next_seq == 1
    RunDirectory.open(tmp_path).close()
    assert run.events_path.read_bytes() == b""


@pytest.mark.parametrize(
    ("state", "steps", "after", "finished"),
    [
        ("succeeded", 3, None, True),
        ("succeeded", 4, None, False),  # the job has been given more steps since
        ("failed", 3, None, False),
        ("cancelled", 3, None, False),
        ("succeeded", 3, Status(phase="planning"), False),  # it was started again
    ],
)
def test_a_run_is_finished_when_it_said_so_and_made_all_its_steps(tmp_path, state, steps, after, finished):
    with RunDirectory.create(tmp_path, JOB) as run:
        assert run.finished(0) is None
        for event in event_stream(steps=3):
            if event.kind != "end":
                run.append(event)
        end = Event.of(RunEnded(state=state, message="", model=None, report=None), seq=run.next_seq)
        run.append(end)
        if after:
            run.append(Event.of(after, seq=run.next_seq))
    assert run.finished(steps) == (end if finished else None)


def test_a_relative_path_is_made_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = RunDirectory("run")
    assert run.path == tmp_path / "run"
    assert run.checkpoints_path.is_absolute()


def test_the_model_is_a_second_name_of_the_checkpoints_weights(tmp_path):
    run, policy = RunDirectory(tmp_path), tmp_path / "step-4" / "policy"
    policy.mkdir(parents=True)
    for name in ("model.safetensors", "config.json"):
        (policy / name).write_text(name)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "left").touch()
    run.keep_model(policy)
    assert sorted(path.name for path in run.model_path.iterdir()) == ["config.json", "model.safetensors"]
    assert (run.model_path / "model.safetensors").samefile(policy / "model.safetensors")
    (run.model_path / "config.json").write_text("edited by hand")
    assert (policy / "config.json").read_text() == "config.json"


def test_a_model_that_cannot_be_kept_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"cannot write .*model.*the model is .*policy"):
        RunDirectory(tmp_path).keep_model(tmp_path / "policy")


def test_a_second_run_is_refused_and_told_who_holds_the_directory(tmp_path):
    with RunDirectory.create(tmp_path, JOB):
        with pytest.raises(RunError, match=f"process {os.getpid()}"):
            RunDirectory.open(tmp_path)
        with pytest.raises(RunError, match="in use by another run"):
            RunDirectory.create(tmp_path, JOB)
    RunDirectory.open(tmp_path).close()


def test_the_lock_dies_with_its_process(tmp_path):
    holder = (
        "import sys, time; from raylign.record.rundir import RunDirectory; "
        "run = RunDirectory.create(sys.argv[1], {}); print('held', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", holder, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "held\n"
        with pytest.raises(RunError, match=f"process {process.pid}"):
            RunDirectory.open(tmp_path)
        process.send_signal(signal.SIGKILL)
        process.wait()
        RunDirectory.open(tmp_path).close()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_finished_run_is_not_overwritten(tmp_path):
    RunDirectory.create(tmp_path, JOB).close()
    with pytest.raises(RunError, match=r"already holds a run.*--resume"):
        RunDirectory.create(tmp_path, {"name": "other"})
    assert RunDirectory(tmp_path).job() == JOB
    RunDirectory.open(tmp_path).close()


def test_what_is_not_a_run_cannot_be_opened(tmp_path):
    with pytest.raises(SpecError, match="holds no run"):
        RunDirectory.open(tmp_path)
    with pytest.raises(SpecError, match="holds no run"):
        RunDirectory(tmp_path).job()
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot make the run directory"):
        RunDirectory.create(tmp_path / "file" / "run", JOB)


def test_a_reader_may_not_write(tmp_path):
    with pytest.raises(RunError, match="not locked"):
        RunDirectory(tmp_path).append(Event.of(Status(phase="start"), seq=1))


def test_space_is_required_with_numbers(tmp_path):
    run = RunDirectory(tmp_path)
    run.require_space(1)
    with pytest.raises(CheckpointError, match=r"GiB free and 1048576\.00 GiB are needed"):
        run.require_space(2**50)


def test_a_full_disk_is_an_error_of_ours(tmp_path):
    with RunDirectory.create(tmp_path, JOB) as run:
        run.events_path.symlink_to("/dev/full")
        with pytest.raises(RunError, match=r"events\.jsonl.*No space left"):
            run.append(Event.of(Status(phase="start"), seq=1))


def test_a_plan_that_cannot_be_written_is_an_error_of_ours(tmp_path):
    with RunDirectory.create(tmp_path, JOB) as run:
        run.plan_path.mkdir()
        with pytest.raises(RunError, match=r"cannot write .*plan\.json"):
            run.append(Event.of(plan(("math",), 3), seq=1))
