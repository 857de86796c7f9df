"""Rule judges in child processes: one that hangs or crashes loses its own sample and nobody else's.

A task is one (judge, response) pair with the judge's time limit. Children fork from a server that has imported what the
judges need once, so a replacement for a killed one is ready in milliseconds.
"""

import multiprocessing
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Self, TypeAlias

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from raylign.errors import DeadlineExpired
from raylign.judges.judge import Judge
from raylign.judges.rules.rule import Case, RuleJudge, rules
from raylign.verdicts import CRASHED, TIMEOUT, TOO_DEEP, Ruling, Verdict, abstained, failed, signed

START_S = 60.0
"""Longest wait for the children to start."""

Kinds: TypeAlias = tuple[type[RuleJudge], ...]


class JudgeProcesses:
    """The processes that rule judges run in. ``judges``: all that may be asked here; those of other kinds are left out.

    Raises `RunError` at once where a judge cannot run here: a code judge, where programs cannot be isolated.
    """

    def __init__(self, judges: Iterable[Judge], *, processes: int = 2) -> None:
        found = rules(judges)
        self._kinds: Kinds = tuple(dict.fromkeys(type(judge) for judge in found))
        for kind in self._kinds:
            kind.require()
        self._judges = len(found)
        self._processes = processes
        self._pool = self._start()

    def ready(self) -> dict[str, int]:
        """What runs here, for people."""
        return {"judges": self._judges, "processes": self._processes}

    def judge_all(self, asked: Sequence[tuple[Case, Sequence[RuleJudge]]]) -> list[tuple[Verdict, ...]]:
        """Of each case, the verdict of each of its judges, in their order.

        Raises `DeadlineExpired` only when the processes themselves are stuck.
        """
        if not self._pool.active:
            self._pool = self._start()
        futures = [[(judge, self._ask(judge, case)) for judge in judges] for case, judges in asked]
        allowed = START_S + sum(judge.limit_s for answers in futures for judge, _ in answers)
        deadline = time.monotonic() + allowed
        return [tuple(_verdict(judge, future, deadline, allowed) for judge, future in answers) for answers in futures]

    def close(self) -> None:
        """End all judge processes, at work or not."""
        self._pool.stop()
        self._pool.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> ProcessPool:
        # Not fork: the parent has threads (Ray, vLLM), and a lock one of them holds would stay locked in the child.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(
            [__name__, *(module for kind in self._kinds for module in (kind.__module__, *kind.preload))]
        )
        pool = ProcessPool(max_workers=self._processes, initializer=_warm, initargs=(self._kinds,), context=context)
        pool.schedule(_warm, args=((),))
        return pool

    def _ask(self, judge: RuleJudge, case: Case) -> ProcessFuture:
        return self._pool.schedule(_timed, args=(judge, case), timeout=judge.limit_s)


def _warm(kinds: Kinds) -> None:
    """In the child, before the first sample's clock runs."""
    for kind in kinds:
        kind.warm()


def _timed(judge: RuleJudge, case: Case) -> tuple[Ruling, float]:
    start = time.perf_counter()
    return judge.rule(case), time.perf_counter() - start


def _verdict(judge: RuleJudge, future: ProcessFuture, deadline: float, allowed: float) -> Verdict:
    try:
        error = future.exception(timeout=max(0.0, deadline - time.monotonic()))
    except FutureTimeoutError:
        raise DeadlineExpired(
            f"judge {judge.label!r} gave no verdict within {allowed:.0f} s: its processes are stuck, restart the worker"
        ) from None
    seconds = 0.0
    match error:
        case None:
            ruling, seconds = future.result()
        case FutureTimeoutError():
            ruling, seconds = failed(TIMEOUT) if judge.hang_violates else abstained(TIMEOUT), judge.limit_s
        case RecursionError():
            ruling = failed(TOO_DEEP)
        case ProcessExpired() | BrokenProcessPool() | CancelledError():
            ruling = failed(CRASHED)
        case _:
            ruling = failed(f"error: {type(error).__name__}")
    return signed(ruling, judge.label, seconds=seconds)
