"""Whatever is asked of jobs and whatever dies in between, in any order: none is lost, none runs twice at once, all end
as they should.
"""

import asyncio
import contextlib
import random
from pathlib import Path

import httpx
import pytest
from depths import deep
from service import Desk, FakeRay, dispatcher_desk, job

from raylign.errors import JobConflict
from raylign.record.events import Event
from raylign.record.events.payloads import Payload, RunEnded, RunPaused, Status
from raylign.record.rundir import RunDirectory
from raylign.service.reporter import read_token
from raylign.service.store import TERMINAL, State

LIVE = ("PENDING", "RUNNING")
MOST_JOBS = 3
STEPS = 60


class MortalRay(FakeRay):
    """Fails one call from now on, before or after it has done what it was asked to; or the caller dies there."""

    def __init__(self) -> None:
        super().__init__()
        self.calls_left: int | None = None
        self.after = self.caller_dies = False

    def transport(self) -> httpx.AsyncBaseTransport:
        wire, ray = super().transport(), self

        class Wire(httpx.AsyncBaseTransport):
            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                now = ray.calls_left == 0
                if ray.calls_left is not None:
                    ray.calls_left -= 1
                if now and not ray.after:
                    ray.fail(request)
                answer = await wire.handle_async_request(request)
                if now:
                    ray.fail(request)
                return answer

        return Wire()

    def fail(self, request: httpx.Request) -> None:
        if self.caller_dies:
            raise asyncio.CancelledError
        raise httpx.ReadError("gone", request=request)


class Driver:
    """What a driver does: holds its run directory, writes events down, sends them, obeys the answer."""

    def __init__(self, desk: Desk, submission_id: str) -> None:
        self.desk, self.submission_id = desk, submission_id
        self.job_id, _, n = submission_id.rpartition("-a")
        self.n = int(n)
        self.run = RunDirectory.open(desk.home.jobs / self.job_id)  # raises where another one is still there
        self.token = read_token(self.run.path)

    def say(self, said: Payload) -> None:
        self.run.append(Event.of(said, seq=self.run.next_seq))

    def report(self) -> str:
        asked = self.desk.store.report(self.job_id, self.n, self.token, [])
        lacking = [event for event in self.run.events() if event.seq >= asked.next_seq]
        return self.desk.store.report(self.job_id, self.n, self.token, lacking).desired

    def work(self, state: str | None, *, heard: bool) -> None:
        """Make a step, or come to an end. Not ``heard``: the gateway is away."""
        wish = self.report() if heard else "run"
        match wish:
            case "pause":
                self.say(RunPaused(step=1, message="it goes on"))
            case "cancel":
                self.say(RunEnded(state="cancelled", message="asked", model=None, report=None))
            case _ if state is None:
                self.say(Status(phase="training"))
            case _:
                self.say(RunEnded(state=state, message="", model=None, report=None))  # type: ignore[arg-type]
        if heard:
            self.report()
        if wish != "run" or state is not None:
            self.leave("SUCCEEDED" if state == "succeeded" and wish == "run" else "FAILED")

    def leave(self, status: str) -> None:
        self.run.close()
        if self.submission_id in self.desk.ray.jobs:
            self.desk.ray.set(self.submission_id, status)


class Fates:
    """A service whose parts die; what comes next is chance's, by a seed."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.folder, self.chance = folder, chance
        self.loop = asyncio.new_event_loop()
        self.ray = MortalRay()
        self.ids: list[str] = []
        self.drivers: dict[str, Driver] = {}
        self.opened = contextlib.AsyncExitStack()
        self.story: list[str] = []
        self.begin_gateway()

    def step(self) -> None:
        """One thing more, mostly an ordinary one."""
        weights = {self.look: 8, self.ray_starts_what_it_has: 6, self.drive: 8, self.wish: 6, self.submit: 2}
        weights |= {self.die_in_a_look: 4, self.kill_driver: 2, self.ray_forgets_everything: 1}
        [act] = self.chance.choices(list(weights), weights.values())
        self.story.append(act.__name__)
        act()
        self.reap()
        self.none_runs_twice_or_where_it_should_not()
        self.every_story_is_whole()

    def begin_gateway(self) -> None:
        self.loop.run_until_complete(self.opened.aclose())
        desk = dispatcher_desk(self.folder, self.ray, max_running_jobs=2, slowest_s=0)
        self.desk = self.loop.run_until_complete(self.opened.enter_async_context(desk))
        for driver in self.drivers.values():
            driver.desk = self.desk

    def submit(self) -> None:
        if len(self.ids) < MOST_JOBS:
            self.ids.append(self.desk.store.create(job(), priority=self.chance.randint(-1, 1))[0].id)

    def wish(self) -> None:
        if not self.ids:
            return
        store, job_id = self.desk.store, self.chance.choice(self.ids)
        likely = {"pause": 6, "resume": 1, "cancel": 3, "retry": 1, "delete": 1}
        if (state := store.get(job_id).state) in TERMINAL:
            likely |= {"retry": 12}
        elif state in (State.PAUSING, State.PAUSED):
            likely |= {"resume": 12}
        [wish] = self.chance.choices(list(likely), likely.values())
        self.story[-1] = wish
        with contextlib.suppress(JobConflict):
            match wish:
                case "pause":
                    store.pause(job_id, ttl_s=1000)
                case "delete":
                    store.delete(job_id)
                    self.ids.remove(job_id)
                case _:
                    getattr(store, wish)(job_id)

    def look(self) -> None:
        self.loop.run_until_complete(self.desk.look())
        self.reap()

    def die_in_a_look(self) -> None:
        self.ray.calls_left = self.chance.randint(0, 4)
        self.ray.after, self.ray.caller_dies = self.chance.random() < 0.5, self.chance.random() < 0.5
        with contextlib.suppress(asyncio.CancelledError):
            self.loop.run_until_complete(self.desk.look())
        self.ray.calls_left = None
        if self.ray.caller_dies:
            self.begin_gateway()

    def ray_starts_what_it_has(self) -> None:
        for submission_id, found in self.ray.jobs.items():
            if found["status"] == "PENDING":
                found["status"] = "RUNNING"
                self.drivers[submission_id] = Driver(self.desk, submission_id)

    def ray_forgets_everything(self) -> None:
        self.ray.jobs.clear()

    def drive(self) -> None:
        for driver in list(self.drivers.values()):
            [state] = self.chance.choices([None, "succeeded", "failed"], [4, 1, 1])
            driver.work(state, heard=self.chance.random() < 0.7)

    def kill_driver(self) -> None:
        if self.drivers:
            self.chance.choice(list(self.drivers.values())).leave("FAILED")

    def reap(self) -> None:
        for submission_id, driver in list(self.drivers.items()):
            if self.ray.jobs.get(submission_id, {}).get("status") != "RUNNING":
                driver.run.close()
                del self.drivers[submission_id]

    def none_runs_twice_or_where_it_should_not(self) -> None:
        for job_id in self.ids:
            live = [one for one in self.ray.jobs if one.startswith(job_id) and self.ray.jobs[one]["status"] in LIVE]
            state = self.desk.store.get(job_id).state
            assert len(live) <= 1, (job_id, live)
            if state in (State.QUEUED, State.RECOVERING, State.PAUSED):
                assert live == [], (job_id, state)

    def every_story_is_whole(self) -> None:
        for job_id in self.ids:
            found, events = self.desk.store.news(job_id, after=0, limit=10_000)
            assert [event.seq for event in events] == list(range(1, found.last_seq + 1))
            assert (found.state in TERMINAL) == (found.finished_at is not None)
            if found.state in TERMINAL:
                assert events[-1].data["state"] == found.state

    def settle(self) -> None:
        """Nothing dies any more: all come to where they are wanted."""
        self.story.append("settle")
        for _ in range(2 * len(self.ids) + 4):
            self.look()
            self.ray_starts_what_it_has()
            for driver in list(self.drivers.values()):
                driver.work("succeeded", heard=True)
            self.reap()
        self.every_story_is_whole()
        for job_id in self.ids:
            found, run = self.desk.store.get(job_id), RunDirectory(self.desk.home.jobs / job_id)
            # A run that came to its end before it heard of the wish to cancel it has succeeded, and says so.
            done = {State.SUCCEEDED for event in run.events() if event.data.get("state") == "succeeded"}
            right = {"cancel": {State.CANCELLED, *done}, "pause": {State.PAUSED, *TERMINAL}, "run": TERMINAL}
            assert found.state in right[found.desired], (found.state, found.desired)
            told = {event.seq: event.kind for event in self.desk.store.events(job_id, limit=10_000)}
            for event in run.events():
                assert told[event.seq] in (event.kind, "warning"), (
                    event,
                    told,
                )  # unasked, a cancelled end is a warning
        assert self.desk.store.open_attempts() == []
        assert [one for one, found in self.ray.jobs.items() if found["status"] in LIVE] == []

    def close(self) -> None:
        self.loop.run_until_complete(self.opened.aclose())
        self.loop.close()


@deep("seeds", short=8, whole=200)
def test_every_job_comes_to_its_end_whatever_dies(tmp_path: Path, seeds: int) -> None:
    for seed in range(seeds):
        (folder := tmp_path / str(seed)).mkdir()
        fates = Fates(folder, random.Random(seed))
        try:
            for _ in range(STEPS):
                fates.step()
            fates.settle()
        except Exception as error:
            pytest.fail(f"seed {seed}, after {', '.join(fates.story)}: {type(error).__name__}: {error}")
        finally:
            fates.close()
