"""The dispatcher against a Ray that does as told: every way an attempt can begin, end, vanish or refuse to stop."""

import asyncio
import contextlib
import errno
import json
import os
import shlex
import sqlite3
import stat
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from service import Desk, FakeRay, dispatcher_desk, end, job, job_document, paused, step
from sqlalchemy import event

from raylign.record.rundir import RunDirectory
from raylign.service.dispatch import dispatcher
from raylign.service.reporter import read_token
from raylign.service.store import AttemptState, JobRecord, State, database
from raylign.service.vault import Vault
from raylign.spec import parse_job


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with dispatcher_desk(tmp_path) as made:
        yield made


def queue(desk: Desk, name: str = "tiny") -> str:
    made, _ = desk.store.create(job(name))
    return made.id


def report(desk: Desk, job_id: str, *events: object, n: int = 1) -> str:
    token = read_token(desk.home.jobs / job_id)
    return desk.store.report(job_id, n, token, list(events)).desired  # type: ignore[arg-type]


async def running(desk: Desk, name: str = "tiny") -> str:
    """A job whose driver has reported once."""
    job_id = queue(desk, name)
    await desk.look()
    desk.ray.set(f"{job_id}-a1", "RUNNING")
    report(desk, job_id, step(1))
    return job_id


def last_attempt(desk: Desk, job_id: str) -> tuple[int, AttemptState]:
    attempt = desk.store.dossier(job_id).attempts[-1]
    return attempt.n, attempt.state


async def test_a_queued_job_becomes_one_ray_job_with_nothing_of_the_users_in_it(desk: Desk) -> None:
    job_id = queue(desk, "innocent")
    await desk.look()
    await desk.look()
    [sent] = desk.ray.submits
    assert sent["submission_id"] == f"{job_id}-a1"
    assert sent["metadata"] == {"job_name": "innocent", "raylign_job_id": job_id}  # Ray's pages show `job_name`
    assert set(sent["runtime_env"]) == {"env_vars"}
    assert set(sent["runtime_env"]["env_vars"]) <= {"RAY_JOB_STOP_WAIT_TIME_S", "PYTHONPATH"}
    words = shlex.split(sent["entrypoint"])
    assert words[1:4] == ["-m", "actors", "run"]
    assert words[4:] == [
        *("--run-dir", str(desk.home.jobs / job_id), "--report", "http://127.0.0.1:1"),
        *("--job-id", job_id, "--attempt", "1"),
    ]
    token = read_token(desk.home.jobs / job_id)
    assert token not in str(sent)
    assert desk.job(job_id).state is State.STARTING


async def test_a_tenants_driver_is_told_where_it_may_read(tmp_path: Path) -> None:
    async with dispatcher_desk(tmp_path, confined=True) as desk:
        desk.store.create(job(), tenant="acme")
        await desk.look()
        [sent] = desk.ray.submits
    assert shlex.split(sent["entrypoint"])[-2:] == ["--within", str(tmp_path / "tenants" / "acme")]


async def test_the_token_file_is_its_owners_only(desk: Desk) -> None:
    job_id = queue(desk)
    before = os.umask(0)
    await desk.look()
    os.umask(before)
    run_dir = desk.home.jobs / job_id
    assert stat.S_IMODE((run_dir / "report-token").stat().st_mode) == 0o600
    assert stat.S_IMODE(run_dir.stat().st_mode) == 0o700


async def test_jobs_run_in_order_one_at_a_time(desk: Desk) -> None:
    first = queue(desk, "first")
    time.sleep(0.003)
    second = queue(desk, "second")
    await desk.look()
    assert (desk.job(first).state, desk.job(second).state) == (State.STARTING, State.QUEUED)
    report(desk, first, end(1))
    await desk.look()
    assert desk.job(second).state is State.QUEUED  # the first driver has not left yet
    desk.ray.set(f"{first}-a1", "SUCCEEDED")
    await desk.look()
    assert (desk.job(first).state, desk.job(second).state) == (State.SUCCEEDED, State.STARTING)
    assert last_attempt(desk, first) == (1, AttemptState.ENDED)


async def test_a_submission_whose_answer_was_lost_is_adopted(desk: Desk) -> None:
    job_id = queue(desk)
    desk.ray.swallow_answer = True
    await desk.look()
    assert last_attempt(desk, job_id) == (1, AttemptState.CREATED)
    desk.ray.swallow_answer = False
    await desk.look()
    assert last_attempt(desk, job_id) == (1, AttemptState.SUBMITTED)
    assert len(desk.ray.submits) == 1


async def test_a_gateway_killed_between_its_note_and_ray_submits_under_the_same_name(desk: Desk) -> None:
    job_id = queue(desk)
    desk.store.begin_attempt(job_id, token="t", run_dir="/x")  # and then it was killed
    await desk.look()
    assert [sent["submission_id"] for sent in desk.ray.submits] == [f"{job_id}-a1"]
    assert last_attempt(desk, job_id) == (1, AttemptState.SUBMITTED)


async def test_already_exists_means_it_is_there(desk: Desk) -> None:
    job_id = queue(desk)
    desk.ray.jobs[f"{job_id}-a1"] = {"status": "RUNNING", "message": ""}
    await desk.look()
    assert last_attempt(desk, job_id) == (1, AttemptState.SUBMITTED)


async def test_a_restarted_gateway_finds_its_running_job(tmp_path: Path) -> None:
    ray = FakeRay()
    async with dispatcher_desk(tmp_path, ray) as desk:
        job_id = await running(desk)
    async with dispatcher_desk(tmp_path, ray) as again:
        await again.look()
        assert report(again, job_id, step(2)) == "run"
        await again.look()
        assert again.job(job_id).state is State.RUNNING
    assert len(ray.submits) == 1
    assert ray.stops == []


async def test_what_ray_refuses_fails_with_its_words_after_the_last_attempt(desk: Desk) -> None:
    job_id = queue(desk)
    desk.ray.refuse = "no such runtime"
    for _ in range(5):
        await desk.look()
    failed = desk.job(job_id)
    assert failed.state is State.FAILED
    assert "RuntimeError: no such runtime" in failed.status_reason
    assert "Traceback" not in failed.status_reason
    assert len(desk.ray.submits) == 3


@pytest.mark.parametrize("status", ["FAILED", "STOPPED", "SUCCEEDED"])
async def test_a_driver_that_ends_without_a_word_is_tried_again_and_then_failed(desk: Desk, status: str) -> None:
    job_id = await running(desk)
    for n in (1, 2, 3):
        desk.ray.set(f"{job_id}-a{n}", status, "Job entrypoint command failed with exit code 1")
        desk.ray.jobs[f"{job_id}-a{n}"]["logs"] = "line\n" * 100 + "ModuleNotFoundError: No module named 'x'\n"
        await desk.look()
        await desk.look()
    failed = desk.job(job_id)
    assert failed.state is State.FAILED
    assert "exit code 1" in failed.status_reason
    assert ("ModuleNotFoundError" in failed.status_reason) is (status == "FAILED")
    assert desk.store.events(job_id)[-1].kind == "end"
    assert [one.state for one in desk.store.dossier(job_id).attempts] == [AttemptState.LOST] * 3


async def test_events_a_dead_driver_could_not_send_are_taken_from_its_spool(desk: Desk) -> None:
    job_id = await running(desk)
    desk.spool(job_id, step(1), step(2), end(3))
    desk.ray.set(f"{job_id}-a1", "SUCCEEDED")
    await desk.look()
    assert desk.job(job_id).state is State.SUCCEEDED
    assert [event.seq for event in desk.store.events(job_id)] == [1, 2, 3]


async def test_a_torn_last_line_of_the_spool_is_left_out(desk: Desk) -> None:
    job_id = await running(desk)
    desk.spool(job_id, step(1), step(2))
    with (desk.home.jobs / job_id / "events.jsonl").open("a") as file:
        file.write('{"seq": 3, "ki')
    desk.ray.set(f"{job_id}-a1", "FAILED")
    await desk.look()
    assert [event.seq for event in desk.store.events(job_id)] == [1, 2]


async def test_a_job_that_ray_forgot_is_started_again(desk: Desk) -> None:
    job_id = await running(desk)
    del desk.ray.jobs[f"{job_id}-a1"]
    await desk.look()
    assert last_attempt(desk, job_id) == (2, AttemptState.SUBMITTED)
    assert desk.job(job_id).state is State.STARTING


async def test_an_absent_ray_changes_nothing_but_the_reason(desk: Desk) -> None:
    job_id = await running(desk)
    waiting = queue(desk)
    desk.ray.down = True
    for _ in range(5):
        await desk.look()
    assert (desk.job(job_id).state, desk.job(waiting).state) == (State.RUNNING, State.QUEUED)
    assert "does not answer" in desk.job(job_id).status_reason
    assert len(desk.store.dossier(job_id).attempts) == 1
    desk.ray.down = False
    await desk.look()
    assert desk.job(job_id).state is State.RUNNING


async def test_a_job_queued_while_ray_is_away_spends_no_attempt(desk: Desk) -> None:
    job_id = queue(desk)
    desk.ray.down = True
    await desk.look()
    assert desk.store.dossier(job_id).attempts == []
    assert "does not answer" in desk.job(job_id).status_reason


async def test_a_ray_that_is_still_starting_spends_no_attempt(desk: Desk) -> None:
    job_id = queue(desk)
    desk.ray.starting = True
    for _ in range(5):
        await desk.look()
    assert "not up yet" in desk.job(job_id).status_reason
    desk.ray.starting = False
    await desk.look()
    assert last_attempt(desk, job_id) == (1, AttemptState.SUBMITTED)


async def test_a_silent_driver_is_stopped_first_and_then_replaced(tmp_path: Path) -> None:
    async with dispatcher_desk(tmp_path, heartbeat_s=0) as desk:
        job_id = await running(desk)
        await desk.look()
        assert desk.ray.stops == [f"{job_id}-a1"]
        assert last_attempt(desk, job_id) == (1, AttemptState.RUNNING)  # not before Ray says that it is over
        await desk.look()
        assert last_attempt(desk, job_id) == (2, AttemptState.SUBMITTED)


async def test_silence_before_this_gateway_was_there_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray = FakeRay()
    async with dispatcher_desk(tmp_path, ray) as desk:
        job_id = await running(desk)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3600)
    async with dispatcher_desk(tmp_path, ray) as again:
        await again.look()
        assert ray.stops == []
        # and the same when the machine slept under a living gateway
        monkeypatch.setattr(time, "time", lambda: now + 7200)
        await again.look()
        assert ray.stops == []
        assert again.job(job_id).state is State.RUNNING
        for later in range(7220, 7290, 10):
            monkeypatch.setattr(time, "time", lambda later=later: now + later)
            await again.look()
        assert ray.stops == [f"{job_id}-a1"]


async def test_a_driver_that_never_reports_is_stopped(tmp_path: Path) -> None:
    async with dispatcher_desk(tmp_path, start_s=0) as desk:
        job_id = queue(desk)
        await desk.look()
        desk.ray.set(f"{job_id}-a1", "RUNNING")
        await desk.look()
        assert desk.ray.stops == [f"{job_id}-a1"]


async def test_what_does_not_stop_is_given_up(tmp_path: Path) -> None:
    async with dispatcher_desk(tmp_path, FakeRay(obey_stop=False), heartbeat_s=0, stop_s=0) as desk:
        job_id = await running(desk)
        await desk.look()
        await desk.look()
        assert last_attempt(desk, job_id) == (2, AttemptState.SUBMITTED)
        assert "after being told to stop" in desk.store.dossier(job_id).attempts[0].reason


async def test_cancel_of_a_running_job_gives_its_driver_time(desk: Desk) -> None:
    job_id = await running(desk)
    desk.store.cancel(job_id)
    await desk.look()
    assert desk.ray.stops == []
    assert report(desk, job_id, end(2, "cancelled")) == "cancel"
    desk.ray.set(f"{job_id}-a1", "FAILED")  # exit status 130
    await desk.look()
    assert desk.job(job_id).state is State.CANCELLED
    assert last_attempt(desk, job_id) == (1, AttemptState.ENDED)


async def test_cancel_of_a_driver_that_does_not_obey_goes_through_ray(tmp_path: Path) -> None:
    async with dispatcher_desk(tmp_path, cancel_grace_s=0) as desk:
        job_id = await running(desk)
        desk.store.cancel(job_id)
        await desk.look()
        assert desk.ray.stops == [f"{job_id}-a1"]
        await desk.look()
        assert desk.job(job_id).state is State.CANCELLED
        assert len(desk.store.dossier(job_id).attempts) == 1


async def test_cancel_of_a_pending_ray_job_is_repeated_until_it_works(desk: Desk) -> None:
    job_id = queue(desk)
    await desk.look()
    desk.store.cancel(job_id)
    await desk.look()
    await desk.look()
    assert desk.job(job_id).state is State.CANCELLING
    desk.ray.set(f"{job_id}-a1", "RUNNING")
    await desk.look()
    await desk.look()
    assert desk.ray.stops == [f"{job_id}-a1"] * 3
    assert desk.job(job_id).state is State.CANCELLED


async def test_a_pending_ray_job_that_is_never_started_is_cancelled_all_the_same(tmp_path: Path) -> None:
    async with dispatcher_desk(tmp_path, stop_s=0) as desk:
        job_id = queue(desk)
        await desk.look()
        desk.store.cancel(job_id)
        await desk.look()
        await desk.look()
        assert desk.job(job_id).state is State.CANCELLED


async def test_cancel_before_ray_was_reached_needs_no_ray_job(desk: Desk) -> None:
    job_id = queue(desk)
    desk.store.begin_attempt(job_id, token="t", run_dir="/x")
    desk.store.cancel(job_id)
    await desk.look()
    assert desk.job(job_id).state is State.CANCELLED
    assert desk.ray.submits == []


async def test_cancel_between_look_and_start_wins(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = queue(desk)
    waiting = desk.store.waiting

    def cancel_at_the_last_moment(*, limit: int) -> list[JobRecord]:
        found = waiting(limit=limit)
        desk.store.cancel(job_id)
        return found

    monkeypatch.setattr(desk.store, "waiting", cancel_at_the_last_moment)
    await desk.look()
    assert desk.job(job_id).state is State.CANCELLED
    assert desk.ray.submits == []


async def test_a_pause_is_the_drivers_to_obey_and_resume_goes_on_with_another_attempt(desk: Desk) -> None:
    job_id = await running(desk)
    desk.store.pause(job_id, ttl_s=60)
    await desk.look()
    assert desk.ray.stops == []
    assert report(desk, job_id, paused(2, 1)) == "pause"
    await desk.look()
    assert desk.job(job_id).state is State.PAUSING  # Ray has not seen it leave
    desk.ray.set(f"{job_id}-a1", "FAILED")  # exit status 75
    await desk.look()
    assert (desk.job(job_id).state, last_attempt(desk, job_id)) == (State.PAUSED, (1, AttemptState.PAUSED))
    await desk.look()
    assert len(desk.ray.submits) == 1
    desk.store.resume(job_id)
    await desk.look()
    assert last_attempt(desk, job_id) == (2, AttemptState.SUBMITTED)


async def test_pause_of_a_job_whose_driver_does_not_listen_yet_goes_through_ray(desk: Desk) -> None:
    job_id = queue(desk)
    await desk.look()
    desk.store.pause(job_id, ttl_s=60)
    await desk.look()
    assert desk.job(job_id).state is State.PAUSING  # PENDING: Ray forgets the stop
    desk.ray.set(f"{job_id}-a1", "RUNNING")
    await desk.look()
    await desk.look()
    assert (desk.job(job_id).state, last_attempt(desk, job_id)) == (State.PAUSED, (1, AttemptState.PAUSED))


async def test_pause_before_ray_was_reached_needs_no_ray_job(desk: Desk) -> None:
    job_id = queue(desk)
    desk.store.begin_attempt(job_id, token="t", run_dir="/x")
    desk.store.pause(job_id, ttl_s=60)
    await desk.look()
    assert desk.job(job_id).state is State.PAUSED
    assert desk.ray.submits == []


async def test_pause_of_a_driver_that_does_not_obey_goes_through_ray(tmp_path: Path) -> None:
    async with dispatcher_desk(tmp_path, pause_grace_s=0) as desk:
        job_id = await running(desk)
        desk.store.pause(job_id, ttl_s=60)
        await desk.look()
        assert desk.ray.stops == [f"{job_id}-a1"]
        await desk.look()
        assert desk.job(job_id).state is State.PAUSED


async def test_a_paused_job_leaves_its_place_to_another_and_is_cancelled_when_its_time_is_over(desk: Desk) -> None:
    job_id = queue(desk, "paused")
    other = queue(desk, "other")
    desk.store.pause(job_id, ttl_s=0)
    await desk.look()
    assert desk.job(other).state is State.STARTING
    assert desk.job(job_id).state is State.CANCELLED


async def test_a_retried_job_goes_on_where_its_stream_ended(desk: Desk) -> None:
    job_id = queue(desk)
    desk.store.cancel(job_id)  # the store's own `end`, which no run directory has
    desk.store.retry(job_id)
    await desk.look()
    assert desk.ray.submits[-1]["submission_id"] == f"{job_id}-a1"
    assert RunDirectory(desk.home.jobs / job_id).next_seq == 2


async def test_a_lost_attempt_is_not_followed_at_once(tmp_path: Path) -> None:
    async with dispatcher_desk(tmp_path, backoff_s=60) as desk:
        job_id = await running(desk)
        desk.ray.set(f"{job_id}-a1", "FAILED")
        await desk.look()
        await desk.look()
        assert desk.job(job_id).state is State.RECOVERING
        assert len(desk.ray.submits) == 1


async def test_a_driver_that_said_end_but_stays_is_stopped(tmp_path: Path) -> None:
    async with dispatcher_desk(tmp_path, cancel_grace_s=0) as desk:
        job_id = await running(desk)
        report(desk, job_id, end(2))
        await desk.look()
        assert desk.ray.stops == [f"{job_id}-a1"]
        await desk.look()
        assert desk.job(job_id).state is State.SUCCEEDED


async def test_a_run_directory_that_cannot_be_made_fails_the_job_alone(desk: Desk) -> None:
    bad = queue(desk)
    (desk.home.jobs / bad).write_text("in the way")
    time.sleep(0.003)
    good = queue(desk)
    await desk.look()
    assert desk.job(bad).state is State.FAILED
    assert str(desk.home.jobs / bad) in desk.job(bad).status_reason
    await desk.look()
    assert desk.job(good).state is State.STARTING


PAGE = "<html><body>Sign in to continue</body></html>"


@pytest.mark.parametrize(
    "instead",
    [
        (200, PAGE),
        (200, "{}"),
        (200, "[]"),
        (200, "null"),
        (200, ""),
        (200, '{"status": "DANCING", "ray_version": "9"}'),
        (200, '{"status": ["RUNNING"], "message": 3, "ray_version": "9"}'),
        (200, '{"status": "FAILED", "message": "\\ud800", "ray_version": "9"}'),
        (200, "[" * 100_000),
        (302, PAGE),
        (404, PAGE),
        (500, "\0"),
        (502, PAGE),
    ],
)
async def test_whatever_answers_in_rays_place_nothing_is_lost(desk: Desk, instead: tuple[int, str]) -> None:
    job_id = await running(desk)
    time.sleep(0.003)
    waiting = queue(desk, "waiting")
    desk.ray.instead = instead
    for _ in range(4):
        await desk.look()
    assert (desk.job(job_id).state, desk.job(waiting).state) == (State.RUNNING, State.QUEUED)
    assert "Ray" in desk.job(job_id).status_reason
    assert [one.n for one in desk.store.dossier(job_id).attempts] == [1]
    desk.ray.instead = None
    await desk.look()
    assert (desk.job(job_id).state, desk.job(job_id).status_reason) == (State.RUNNING, "")


async def test_a_submission_that_something_else_answers_is_made_again_under_the_same_name(desk: Desk) -> None:
    job_id = queue(desk)
    desk.store.begin_attempt(job_id, token="t", run_dir="/x")
    desk.ray.instead = (200, PAGE)
    assert not await desk.dispatcher.look()
    assert "not Ray" in desk.job(job_id).status_reason
    desk.ray.instead = None
    assert await desk.dispatcher.look()
    assert last_attempt(desk, job_id) == (1, AttemptState.SUBMITTED)


async def test_a_log_that_cannot_be_had_does_not_keep_an_attempt_open(desk: Desk) -> None:
    job_id = await running(desk)
    desk.ray.set(f"{job_id}-a1", "FAILED", "exit code 1")
    desk.ray.jobs[f"{job_id}-a1"]["logs"] = ["not", "a", "text"]
    await desk.look()
    first = desk.store.dossier(job_id).attempts[0]
    assert (first.state, "exit code 1" in first.reason, "log cannot be had" in first.reason) == (
        AttemptState.LOST,
        True,
        True,
    )


async def test_a_spool_that_is_no_text_does_not_keep_an_attempt_open(desk: Desk) -> None:
    job_id = await running(desk)
    (desk.home.jobs / job_id / "events.jsonl").write_bytes(b"\xff\xfe\n{}\n")
    desk.ray.set(f"{job_id}-a1", "SUCCEEDED")
    await desk.look()
    assert desk.store.dossier(job_id).attempts[0].state is AttemptState.LOST


async def test_a_locked_store_stops_nothing_but_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "WAIT_S", 0.05)
    async with dispatcher_desk(tmp_path, interval_s=0.01, slowest_s=0.02) as desk:
        job_id = await running(desk)
        desk.ray.set(f"{job_id}-a1", "SUCCEEDED")
        with contextlib.closing(sqlite3.connect(tmp_path / "raylign.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            loop = asyncio.create_task(desk.dispatcher.run())
            while not desk.store.unavailable_at:
                await asyncio.sleep(0.01)
            assert desk.job(job_id).state is State.RUNNING
            other.execute("ROLLBACK")
        async with asyncio.timeout(10):
            while len(desk.store.dossier(job_id).attempts) < 2:
                await asyncio.sleep(0.01)
        assert not loop.done()
        loop.cancel()


async def test_silence_while_the_store_took_no_reports_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with dispatcher_desk(tmp_path, heartbeat_s=60) as desk:
        await running(desk)
        now = time.time()
        for later in range(0, 70, 10):
            monkeypatch.setattr(time, "time", lambda later=later: now + later)
            monkeypatch.setattr(desk.store._database, "unavailable_at", now + 55)  # a report was refused
            await desk.look()
        assert desk.ray.stops == []


async def test_one_job_that_nobody_can_start_holds_up_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = queue(desk, "bad")
    time.sleep(0.003)
    good = queue(desk, "good")
    document = desk.store.document

    def damaged(job_id: str) -> Mapping[str, object]:
        if job_id == bad:
            raise ValueError("row 1 is damaged")
        return document(job_id)

    monkeypatch.setattr(desk.store, "document", damaged)
    await desk.look()
    assert "ValueError: row 1 is damaged" in desk.job(bad).status_reason
    await desk.look()
    assert (desk.job(bad).state, desk.job(good).state) == (State.QUEUED, State.STARTING)


async def test_a_full_disk_fails_no_job(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = queue(desk)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(dispatcher, "prepare", full)
        await desk.look()
    assert desk.job(job_id).state is State.QUEUED
    assert "No space left" in desk.job(job_id).status_reason


async def test_looks_that_go_wrong_come_less_and_less_often(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    queue(desk)
    desk.ray.down = True
    pauses: list[float] = []

    async def no_wait(_: object, timeout_s: float) -> bool:
        pauses.append(timeout_s)
        desk.ray.down = len(pauses) < 5
        if len(pauses) == 6:
            raise asyncio.CancelledError
        return False

    monkeypatch.setattr(dispatcher, "wait_for_news", no_wait)
    with pytest.raises(asyncio.CancelledError):
        await desk.dispatcher.run()
    assert pauses == [4, 8, 15, 15, 15, 2]


async def test_news_without_end_does_not_make_looks_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []

    async def at_once(_: object, timeout_s: float) -> bool:
        looks.append(time.monotonic())
        if len(looks) == 4:
            raise asyncio.CancelledError
        return True

    monkeypatch.setattr(dispatcher, "wait_for_news", at_once)
    async with dispatcher_desk(tmp_path, least_s=0.05) as desk:
        begun = time.monotonic()  # not the first look's end: that may have taken its whole time
        with pytest.raises(asyncio.CancelledError):
            await desk.dispatcher.run()
    assert looks[3] - begun > 3 * 0.05 - 0.001


async def test_a_look_at_twenty_thousand_waiting_jobs_reads_one(desk: Desk) -> None:
    queue(desk)
    with desk.store._database.writing() as connection:
        connection.exec_driver_sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
            "INSERT INTO jobs (id, name, document, body_sha256, state, desired, status_reason, last_seq, created_at) "
            "SELECT 'job_z' || i, name, document, body_sha256, state, desired, status_reason, last_seq, created_at "
            "FROM jobs, n"
        )
    await desk.look()
    thousands = 0  # of instructions of SQLite's machine: the work done, however busy this one is

    def count() -> None:
        nonlocal thousands
        thousands += 1

    @event.listens_for(desk.store._database.engine, "checkout")
    def watch(connection: sqlite3.Connection, *_: object) -> None:
        connection.set_progress_handler(count, 1000)

    await desk.look()
    assert thousands < 20  # a scan of all rows takes 100 at least
    with desk.store._database.reading() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM jobs WHERE status_reason = ''").all()
    assert thousands > 50


async def test_secrets_reach_an_attempt_s_own_file_and_nothing_that_ray_is_told(desk: Desk) -> None:
    vault = Vault(desk.store, desk.home.secret_keys)
    vault.put("default", "hub", "hf_correct-horse")
    vault.put("default", "unasked", "another-secret")
    document = parse_job(job_document() | {"secrets": {"hub": "secret://hub"}})
    job_id = desk.store.create(document)[0].id
    await desk.look()
    run = desk.home.jobs / job_id
    file = run / "secrets.json"
    assert (json.loads(file.read_text()), stat.S_IMODE(file.stat().st_mode)) == ({"hub": "hf_correct-horse"}, 0o600)
    vault.put("default", "hub", "hf_newer-horse")
    desk.ray.set(f"{job_id}-a1", "FAILED")
    await desk.look()
    await desk.look()
    assert json.loads(file.read_text()) == {"hub": "hf_newer-horse"}
    assert len(desk.ray.submits) == 2
    others = [path.read_text() for path in run.rglob("*") if path.is_file() and path != file]
    assert "horse" not in json.dumps([desk.ray.submits, others, desk.store.document(job_id)])
    report(desk, job_id, end(1), n=2)
    desk.ray.set(f"{job_id}-a2", "SUCCEEDED")
    await desk.look()
    assert (desk.job(job_id).state, file.exists()) == (State.SUCCEEDED, False)


async def test_a_job_whose_secret_is_gone_fails_and_says_so(desk: Desk) -> None:
    document = parse_job(job_document() | {"secrets": {"hub": "secret://hub"}})
    job_id = desk.store.create(document)[0].id
    await desk.look()
    assert (desk.job(job_id).state, desk.ray.submits) == (State.FAILED, [])
    assert "there is no secret 'hub'" in desk.job(job_id).status_reason
