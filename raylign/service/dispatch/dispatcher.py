"""From queued jobs to Ray jobs, and from what Ray says back to the jobs' states.

One loop, one look at everything every few seconds or at any news. It keeps nothing in memory that matters: what it
does next follows from the store and from Ray, so a gateway that was killed goes on where it was.

    attempt written down -> POST to Ray -> driver reports -> `end` event -> Ray says it is over -> attempt closed

Whatever Ray or the store says, the loop goes on: what went wrong is noted on the job, and tried again, less and less
often.
"""

import asyncio
import errno
import logging
import secrets
import time
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass

from raylign.errors import JobConflict, RaylignError, RayRefused, RayUnreachable, RunError, StoreUnavailable
from raylign.plan.confinement import Confinement
from raylign.secrets import named
from raylign.service.bulletin import WORK, Bulletin, wait_for_news
from raylign.service.confines import Confines
from raylign.service.dispatch.capacity import Capacity
from raylign.service.dispatch.launch import entrypoint, env_vars, forget, prepare
from raylign.service.dispatch.ray_jobs import RAY_TERMINAL, RayJob, RayJobs
from raylign.service.dispatch.spool import collect, supply
from raylign.service.home import Home
from raylign.service.store import LEAVING, TERMINAL, AttemptRecord, JobRecord, State, Store
from raylign.service.vault import Vault

logger = logging.getLogger(__name__)

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.EIO, errno.ESTALE})
"""What a disk says when the fault is its own, not that of the one job."""
USUAL: Mapping[State, str] = {State.STARTING: "starting on Ray", State.RUNNING: ""}
"""What a job says of itself while all is well with it."""
WATCHERS = 16
"""Attempts that Ray is asked about at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The dispatcher's numbers. Times are seconds."""

    max_running_jobs: int = 8
    """At most, and as many as the cluster has room for."""
    max_attempts: int = 3
    """Attempts that may be lost before the job fails."""
    backoff_s: float = 5.0
    """Between a lost attempt and the next; doubled for each that was lost before."""
    interval_s: float = 2.0
    """Between two looks at Ray; doubled after each that went wrong."""
    least_s: float = 0.1
    """Between two looks, however much news there is."""
    slowest_s: float = 15.0
    """Between two looks, however long it has gone wrong."""
    start_s: float = 300.0
    """From submission to the driver's first report."""
    heartbeat_s: float = 60.0
    """Without a report, a driver is lost; it reports at least every 2 s."""
    cancel_grace_s: float = 60.0
    """For a driver to obey a cancel by itself, and to leave after its `end` event."""
    pause_grace_s: float = 600.0
    """For a driver to end a trainer's step, write a checkpoint and leave; then it is stopped as it is."""
    stop_s: float = 90.0
    """For Ray to stop what it was told to; more than RAY_STOP_WAIT_S."""


class Dispatcher:
    """Starts, watches, stops and retries the Ray jobs of the store's jobs."""

    def __init__(
        self,
        store: Store,
        ray: RayJobs,
        home: Home,
        *,
        report_url: str,
        bulletin: Bulletin,
        limits: Limits,
        confines: Confines | None = None,
        vault: Vault | None = None,
    ) -> None:
        """``vault``: where jobs' secrets are; the home's own where absent."""
        self._store = store
        self._ray = ray
        self._home = home
        self._vault = vault or Vault(store, home.secret_keys)
        self._report_url = report_url
        self._bulletin = bulletin
        self._limits = limits
        self._confines = confines
        self._capacity = Capacity(store, ray)
        self._awake_since = self._looked_at = time.time()
        self._resting: dict[str, float] = {}
        """Waiting jobs that could not be started, and when (monotonic) they may be tried again: others go first."""

    async def run(self) -> None:
        """Look for ever. Consumes: news, and the clock. Ends only when cancelled."""
        pause = self._limits.interval_s
        while True:
            news, begun = self._bulletin.subscribe(WORK), time.monotonic()
            went_well = await self._survive(self.look())
            pause = self._limits.interval_s if went_well else min(2 * pause, self._limits.slowest_s)
            await wait_for_news(news, pause)
            # A look is at everything: a thousand submits do not each need one.
            await asyncio.sleep(begun + self._limits.least_s - time.monotonic())

    async def look(self) -> bool:
        """One look at every open attempt, then start what may start. False where nothing went well."""
        now = time.time()
        if now - self._looked_at > self._limits.heartbeat_s / 2:
            # The machine slept, or this process did: drivers had nobody to report to.
            self._awake_since = now
        self._looked_at = now
        self._awake_since = max(self._awake_since, self._store.unavailable_at)
        at_a_time = asyncio.Semaphore(WATCHERS)

        async def watch(job: JobRecord, attempt: AttemptRecord) -> bool:
            async with at_a_time:
                return await self._survive(self._watch(job, attempt), job)

        found = await asyncio.to_thread(self._store.open_attempts)
        watched = await asyncio.gather(*(watch(job, attempt) for job, attempt in found))
        self._bulletin.post(*await asyncio.to_thread(self._store.end_pauses))
        return await self._start_waiting() and (any(watched) or not watched)

    async def _survive(self, deed: Awaitable[object], job: JobRecord | None = None) -> bool:
        """Do something, for one job or for none; what goes wrong is logged, and noted on the job. Whether it went well.

        The last line of defence: no other job, and not the service, may suffer from what nobody has thought of.
        """
        try:
            return await deed is not False
        except JobConflict:
            return True  # the job has changed since it was looked at; the next look sees it as it is
        except StoreUnavailable as error:
            logger.warning("%s", error)
            return False
        except (RayUnreachable, RayRefused, RunError) as error:
            reason = str(error)
        except Exception as error:
            logger.exception("the dispatcher goes on after an error of its own%s", f" with {job.id}" if job else "")
            reason = f"an error in the service ({type(error).__name__}: {error}); its log says more. Trying again."
        if job is not None:
            await self._survive(self._note(job, reason))
        return False

    async def _start_waiting(self) -> bool:
        """Start what may start and has room, in the order of the queue. False where Ray could not be asked to.

        None goes before one that waits for room: else a large job would wait for ever.
        """
        now = time.monotonic()
        self._resting = {job_id: until for job_id, until in self._resting.items() if until > now}
        running = [job for job, _ in await asyncio.to_thread(self._store.open_attempts)]
        free = self._limits.max_running_jobs - len(running)
        if free <= 0:
            return True
        waiting = await asyncio.to_thread(self._store.waiting, limit=free + len(self._resting))
        candidates = [job for job in waiting if job.id not in self._resting][:free]
        if candidates and not await self._survive(self._ray.version(), candidates[0]):
            return False
        for job in candidates:
            if running and not await self._survive(self._has_room(job, running), job):
                break
            if await self._survive(self._start(job), job):
                running.append(job)
            else:
                self._resting[job.id] = now + self._limits.slowest_s
        return True

    async def _has_room(self, job: JobRecord, beside: Sequence[JobRecord]) -> bool:
        """Whether a job may start beside those; what it waits for is noted on it."""
        lacks = await self._capacity.lacks(job, beside)
        if lacks:
            await self._note(job, lacks)
        return not lacks

    async def _start(self, job: JobRecord) -> None:
        run_dir = self._home.jobs / job.id
        token = secrets.token_urlsafe(32)
        document = await asyncio.to_thread(self._store.document, job.id)
        try:
            handed = await asyncio.to_thread(self._vault.values, job.tenant, named(document))
            await asyncio.to_thread(prepare, run_dir, document, token, handed)
        except StoreUnavailable:
            raise
        except RaylignError as error:
            await self._fail(job, str(error))
            return
        except OSError as error:
            if error.errno in FULL:
                raise
            await self._fail(job, f"cannot write the run directory {str(run_dir)!r}: {error}")
            return
        await asyncio.to_thread(supply, self._store, self._home, job)
        attempt = await asyncio.to_thread(self._store.begin_attempt, job.id, token=token, run_dir=str(run_dir))
        self._bulletin.post(job.id)
        await self._submit(job, attempt)

    async def _fail(self, job: JobRecord, reason: str) -> None:
        await asyncio.to_thread(self._store.fail, job.id, reason)
        self._bulletin.post(job.id, WORK)

    async def _submit(self, job: JobRecord, attempt: AttemptRecord) -> None:
        """Hand an attempt to Ray; whatever the answer, what counts is whether Ray then has it."""
        logger.info("submitting %s", attempt.submission_id)
        confinement = await asyncio.to_thread(self._confinement, job)
        command = entrypoint(attempt, self._home.jobs / attempt.job_id, self._report_url, confinement)
        # `job_name` is the key under which Ray's own pages look for a name.
        metadata = {"job_name": job.name, "raylign_job_id": job.id}
        try:
            await self._ray.submit(attempt.submission_id, command, env_vars=env_vars(), metadata=metadata)
        except RayRefused as error:
            if await self._ray.get(attempt.submission_id) is None:
                await self._close(attempt, str(error))
                return
        await asyncio.to_thread(self._store.confirm_attempt, attempt)

    def _confinement(self, job: JobRecord) -> Confinement | None:
        """Where its driver lets it read."""
        return self._confines.of(job.tenant, self._store.document(job.id)) if self._confines else None

    async def _watch(self, job: JobRecord, attempt: AttemptRecord) -> None:
        try:
            seen = await self._ray.get(attempt.submission_id)
        except RayUnreachable as error:
            raise RayUnreachable(f"{error} Keeping what was last known.") from error
        if seen is None and attempt.submitted_at is None:
            await self._unconfirmed(job, attempt)
        elif seen is None:
            await self._close(attempt, "Ray no longer knows it; the cluster was restarted or lost its memory")
        elif seen.status in RAY_TERMINAL:
            await self._close(attempt, await self._why(seen))
        else:
            if attempt.submitted_at is None:
                await asyncio.to_thread(self._store.confirm_attempt, attempt)
            await self._live(job, attempt, seen)
            if job.state in USUAL:
                await self._note(job, USUAL[job.state])  # what went wrong before is over

    async def _unconfirmed(self, job: JobRecord, attempt: AttemptRecord) -> None:
        """Written down, but Ray never got it: submit it, under the same name, unless nobody wants it any more."""
        if job.state in LEAVING:
            await self._close(attempt, "it never reached Ray")
        else:
            await self._submit(job, attempt)

    async def _live(self, job: JobRecord, attempt: AttemptRecord, seen: RayJob) -> None:
        """Ray has it and it has not ended: is that still wanted, and is it alive?"""
        now, limits = time.time(), self._limits
        if attempt.stop_asked_at is not None and now - attempt.stop_asked_at > limits.stop_s:
            await self._close(
                attempt, f"Ray still calls it {seen.status} {limits.stop_s:g} s after being told to stop it"
            )
            return
        if self._unwanted(job, attempt, now) or self._silent(attempt, now):
            await asyncio.to_thread(self._store.stop_asked, attempt)
            # Every look again: Ray forgets a stop that comes while the job is PENDING.
            await self._ray.stop(attempt.submission_id)

    def _unwanted(self, job: JobRecord, attempt: AttemptRecord, now: float) -> bool:
        """Paused, cancelled or ended, and its driver has had its time to leave."""
        if attempt.reported_at is None and job.state in LEAVING:
            return True  # no driver listens
        if job.state is State.PAUSING:
            return now - (job.pause_asked_at or now) > self._limits.pause_grace_s
        since = job.finished_at or job.cancel_asked_at
        return since is not None and now - since > self._limits.cancel_grace_s

    def _silent(self, attempt: AttemptRecord, now: float) -> bool:
        """No report for too long, counting only time in which this gateway could hear and write down."""
        if attempt.reported_at is None:
            since = max(attempt.submitted_at or attempt.created_at, self._awake_since)
            return now - since > self._limits.start_s
        return now - max(attempt.reported_at, self._awake_since) > self._limits.heartbeat_s

    async def _why(self, seen: RayJob) -> str:
        said = f"Ray: {seen.status}. {seen.message.strip()[:1000]}".strip()
        if seen.status != "FAILED":
            return said
        try:
            tail = await self._ray.log_tail(seen.submission_id)
        except (RayUnreachable, RayRefused) as error:
            return f"{said}\nIts log cannot be had: {error}"
        return f"{said}\nThe end of its log:\n{tail[-2000:]}" if tail else said

    async def _close(self, attempt: AttemptRecord, reason: str) -> None:
        await asyncio.to_thread(collect, self._store, self._home, attempt)
        await asyncio.to_thread(forget, self._home.jobs / attempt.job_id)
        job = await asyncio.to_thread(
            self._store.close_attempt,
            attempt,
            reason,
            max_attempts=self._limits.max_attempts,
            backoff_s=self._limits.backoff_s,
        )
        logger.info("%s closed; job is %s", attempt.submission_id, job.state.value)
        self._bulletin.post(job.id, WORK)

    async def _note(self, job: JobRecord, reason: str) -> None:
        if job.state not in TERMINAL and job.status_reason != reason:
            await asyncio.to_thread(self._store.note, job.id, reason)
            self._bulletin.post(job.id)
