"""Wakes whoever waits for news: event streams of a job, and the dispatcher."""

import asyncio
import weakref
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")

WORK = "work"
"""The dispatcher's topic: something may be started, stopped or closed. Every other topic is a job's id."""


class News:
    """What the waiters of one topic wait for: one post."""

    def __init__(self) -> None:
        self.posted = asyncio.Event()
        self._looks: dict[Hashable, asyncio.Task[Any]] = {}

    async def look(self, what: Hashable, read: Callable[[], T]) -> T:
        """What ``read`` says, in a thread; one reading for all who ask for the same ``what`` meanwhile.

        All of them subscribed after the last post, so the reading is as new as each of them needs.
        """
        task = self._looks.get(what)
        if task is None:
            task = self._looks[what] = asyncio.create_task(asyncio.to_thread(read))
            task.add_done_callback(lambda _: self._looks.pop(what))
        # Shielded: a reader that goes away must not take the reading away from the others.
        return await asyncio.shield(task)


class Bulletin:
    """One asyncio loop's notice board. Posts are not counted: a waiter looks at the store again. Thread-safe posts."""

    def __init__(self) -> None:
        # A topic lives as long as somebody waits for it.
        self._news: weakref.WeakValueDictionary[str, News] = weakref.WeakValueDictionary()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.closed = False

    def post(self, *topics: str) -> None:
        """Wake all present waiters of these topics."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake, topics)

    def close(self) -> None:
        """The service is stopping: streams end."""
        self.closed = True
        self.post(*self._news.keys())

    def subscribe(self, topic: str) -> News:
        """Fulfilled at the next post. Subscribe BEFORE looking at the store, or news in between is missed."""
        self._loop = asyncio.get_running_loop()
        return self._news.setdefault(topic, News())

    def _wake(self, topics: tuple[str, ...]) -> None:
        for topic in topics:
            news = self._news.pop(topic, None)
            if news is not None:
                news.posted.set()


async def wait_for_news(news: News, timeout_s: float) -> bool:
    """Wait for a post; False when there was none within ``timeout_s``."""
    try:
        async with asyncio.timeout(timeout_s):
            await news.posted.wait()
    except TimeoutError:
        return False
    return True
