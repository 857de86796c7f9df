"""Server-sent events of one job, resumable by event number."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial

from fastapi import Request
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event

from raylign.record.events import Event
from raylign.record.events.payloads import Status
from raylign.service.bulletin import Bulletin, wait_for_news
from raylign.service.gateway import Gateway
from raylign.service.store import TERMINAL, Store

PAGE = 500
KEEPALIVE_S = 15.0
"""Longest silence; also between two looks at the store, should news have come past this process."""

Render = Callable[[Event], str | None]
"""An event as JSON text, or None where the stream leaves it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look at the store found, ready to be sent to all who stand at the same event."""

    frames: bytes
    """Server-sent events; empty where there is nothing new."""
    after: int
    """Number of the last event seen."""
    full: bool
    """There may be more events already."""
    ended: bool
    status: Status
    """The job's state and what it waits for."""


def wants_stream(request: Request) -> bool:
    """Whether its client asked for a stream instead of a page."""
    return "text/event-stream" in request.headers.get("accept", "")


async def event_source(
    gateway: Gateway, job_id: str, *, after: int, render: Render, kinds: tuple[str, ...] | None = None
) -> EventSourceResponse:
    """The answer that streams. Raises `JobNotFound` now: later it would be a broken stream."""
    await asyncio.to_thread(gateway.store.get, job_id)
    body = stream(gateway.store, gateway.bulletin, job_id, after=after, render=render, kinds=kinds)
    return EventSourceResponse(body, headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})


async def stream(
    store: Store, bulletin: Bulletin, job_id: str, *, after: int, render: Render, kinds: tuple[str, ...] | None = None
) -> AsyncIterator[bytes]:
    """All events above ``after`` as they come, each with its number as id; ends when the job has ended.

    Between them, without id, ``status`` events numbered 0: the job's state and what it waits for, when that changes.
    """
    said: Status | None = None
    while not bulletin.closed:
        news = bulletin.subscribe(job_id)
        seen = await news.look((after, render, kinds), partial(look, store, job_id, after, render, kinds))
        after = seen.after
        if seen.frames:
            yield seen.frames
        if seen.full:
            continue
        if seen.ended:
            return
        if (kinds is None or Status.kind in kinds) and seen.status != said:
            said = seen.status
            yield format_sse_event(data_str=ascii_json(Event.of(said, seq=0)), event=said.kind)
        if not await wait_for_news(news, KEEPALIVE_S):
            yield KEEPALIVE_COMMENT


def look(store: Store, job_id: str, after: int, render: Render, kinds: tuple[str, ...] | None) -> Look:
    """Look at the store once for the events above ``after``."""
    job, page = store.news(job_id, after=after, limit=PAGE, kinds=kinds)
    shown = [(event, text) for event in page if (text := render(event)) is not None]
    frames = [format_sse_event(data_str=text, event=event.kind, id=str(event.seq)) for event, text in shown]
    return Look(
        frames=b"".join(frames),
        after=page[-1].seq if page else after,
        full=len(page) == PAGE,
        ended=job.state in TERMINAL,
        status=Status(phase=job.state.value, detail=job.status_reason),
    )


def ascii_json(event: Event) -> str:
    """JSON in ASCII: a line separator of Unicode inside a model's text must not split a line of the stream."""
    return json.dumps(json.loads(event.model_dump_json()))
