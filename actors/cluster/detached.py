"""Work in a thread that nobody has to wait for."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

R = TypeVar("R")


async def detached(work: Callable[..., R], *arguments: Any, **named: Any) -> R:
    """What ``work`` returns or raises. Who gives up on it leaves it behind: it keeps neither loop nor process from
    ending, as a thread of the loop's own would."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[R] = loop.create_future()

    def settle(outcome: Callable[[], None]) -> None:
        if not done.done():
            outcome()

    def run() -> None:
        outcome: Callable[[], None]
        try:
            outcome = partial(done.set_result, work(*arguments, **named))
        except Exception as error:  # it is raised where it is waited for
            outcome = partial(done.set_exception, error)
        with suppress(RuntimeError):  # the loop has ended: nobody waits
            loop.call_soon_threadsafe(settle, outcome)

    threading.Thread(target=run, daemon=True).start()
    return await done
