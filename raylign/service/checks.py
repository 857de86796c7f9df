"""Posted jobs are looked at before they are queued: few at a time, each for a short while."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from raylign.plan.check import Checked
from raylign.plan.confinement import Confinement
from raylign.plan.glance import glance
from raylign.spec import Work

logger = logging.getLogger(__name__)

CHECK_S = 5.0
"""For a job's turn and the look. A file system that hangs must not hang a submit."""
AT_ONCE = 2


class Checks:
    """Looks at jobs in threads of its own: one that hangs takes none of those that the store's calls need."""

    def __init__(self, look: Callable[[Work], tuple[Checked, ...]] = glance, *, deadline_s: float = CHECK_S) -> None:
        self._look = look
        self._deadline_s = deadline_s
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="check")

    async def look(self, job: Work, confinement: Confinement | None = None) -> tuple[Checked, ...] | None:
        """What is found, of each of its jobs.

        Raises `SpecError` for what is seen to be wrong, or to lie elsewhere than the job may read.
        None where it could not be looked at in time: that is left to the driver.
        """

        def look() -> tuple[Checked, ...]:
            if confinement is not None:
                confinement.require(job)
            return self._look(job)

        looking = asyncio.get_running_loop().run_in_executor(self._threads, look)
        try:
            async with asyncio.timeout(self._deadline_s):
                return await looking
        except TimeoutError:
            logger.warning("job %r was not looked at within %g s: its driver will", job.name, self._deadline_s)
            return None
