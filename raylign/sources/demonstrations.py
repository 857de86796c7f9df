"""Demonstrations: what a file of answers holds, one to each prompt drawn for the step."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from raylign.sources.source import Means
from raylign.sources.written import Written
from raylign.spec.job import Job


@asynccontextmanager
async def demonstrations(job: Job, means: Means) -> AsyncIterator[Written]:
    """Ready for the first step: every row was read with its answer."""
    yield Written(job, means, lambda prompt: (prompt.baseline,))
