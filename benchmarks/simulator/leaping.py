"""An event loop that never waits: where nothing is to be done its clock leaps to the next timer.

So simulated seconds cost nothing, come out the same every time, and what the machine does meanwhile is not in them.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

A = TypeVar("A")


class LeapingLoop(asyncio.SelectorEventLoop):
    """``time()`` begins at 0. What would run in a thread runs at once: a thread's seconds are none of the clock's."""

    def __init__(self) -> None:
        self._now = 0.0
        super().__init__(_Leaps(self._leap))

    def time(self) -> float:
        return self._now

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:
            done.set_exception(error)
        return done

    def _leap(self, seconds: float) -> None:
        self._now += seconds


class _Leaps(selectors.SelectSelector):
    def __init__(self, leap: Callable[[float], None]) -> None:
        super().__init__()
        self._leap = leap

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("everybody waits, and no timer will wake anyone: the simulated run hangs")
            self._leap(max(timeout, 0.0))
        return ready


def run(work: Coroutine[Any, Any, A]) -> A:
    """What ``work`` comes to, in a loop of its own."""
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        return runner.run(work)
