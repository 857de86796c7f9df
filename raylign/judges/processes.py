"""Rule judges, and rewards that are programs, in child processes: one that hangs or crashes loses its own sample and
nobody else's. Programs that are run apart in any case, graders in their sandboxes, are asked by threads instead.

A task is one (program, response) pair with the program's time limit. A child is given one when the one before has been
heard of: a pool that holds more cannot tell, once a child has died, whose doing that was. Children fork from a server
that has imported what the judges need once, so a replacement for a killed one is ready in milliseconds.
"""

import multiprocessing
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from itertools import islice
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Self, TypeAlias

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from raylign.errors import DeadlineExpired
from raylign.judges import graders
from raylign.judges.judge import Judge
from raylign.judges.rules.rule import Case, Program, Rater, RuleJudge, rules
from raylign.verdicts import CRASHED, TIMEOUT, TOO_DEEP, Ruling, Verdict, abstained, failed, signed

START_S = 60.0
"""Longest wait for the children to start."""
LOOK_S = 1.0
"""Between two looks whether the children that owe an answer are still there."""

Kinds: TypeAlias = tuple[type[Program], ...]
Asked: TypeAlias = Future[Any]
"""A task that was given away."""
Task: TypeAlias = tuple[Program, Callable[[Case], Any], Case]


class JudgeProcesses:
    """The processes that rule judges run in. ``judges``: all that may be asked here; those of other kinds are left out.
    ``raters``: rewards that run here as well. ``start_s``: longest wait for what they run by, a sandbox for one.

    Raises `RunError` at once where a judge cannot run here: a code judge, where programs cannot be isolated.
    """

    def __init__(
        self,
        judges: Iterable[Judge],
        *,
        raters: Iterable[Rater] = (),
        processes: int = 2,
        start_s: float = START_S,
    ) -> None:
        found: tuple[Program, ...] = (*rules(judges), *raters)
        kinds = tuple(dict.fromkeys(type(program) for program in found))
        for kind in kinds:
            kind.require(start_s)
        self._judges = len(found)
        self._kinds: Kinds = tuple(kind for kind in kinds if not kind.apart)
        self._pools = [self._start() for _ in range(processes)] if self._kinds else []
        self._threads = [ThreadPoolExecutor(1, "grader") for _ in range(processes)]

    def ready(self) -> dict[str, int]:
        """What runs here, for people."""
        return {"judges": self._judges, "processes": len(self._threads)}

    def judge_all(self, asked: Sequence[tuple[Case, Sequence[RuleJudge]]]) -> list[tuple[Verdict, ...]]:
        """Of each case, the verdict of each of its judges, in their order.

        Raises `DeadlineExpired` only when the processes themselves are stuck.
        """
        ruled = [(judge, case) for case, judges in asked for judge in judges]
        futures = self._run_all([(judge, judge.rule, case) for judge, case in ruled])
        said = (_verdict(judge, future) for (judge, _), future in zip(ruled, futures, strict=True))
        return [tuple(islice(said, len(judges))) for _, judges in asked]

    def rate_all(self, rater: Rater, cases: Sequence[Case]) -> list[float | str]:
        """Its number for each case, or why there is none. Raises `DeadlineExpired` as `judge_all` does."""
        return [_value(future) for future in self._run_all([(rater, rater.value, case) for case in cases])]

    def close(self) -> None:
        """End all judge processes, at work or not, and the graders' sandboxes, with the response that they are at."""
        for thread in self._threads:
            thread.submit(graders.end_all)
        for thread in self._threads:
            thread.shutdown()
        for pool in self._pools:
            pool.stop()
        for pool in self._pools:
            pool.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _run_all(self, tasks: Sequence[Task]) -> list[Asked]:
        """Of each task, when it has ended, its future."""
        allowed = START_S + sum(program.limit_s for program, *_ in tasks)
        deadline = time.monotonic() + allowed
        done: dict[int, Asked] = {}
        places = iter(range(len(tasks)))
        idle = list(range(len(self._threads)))
        at_work: dict[Asked, tuple[int, int]] = {}
        ended: SimpleQueue[Asked] = SimpleQueue()
        while len(done) < len(tasks):
            for place in islice(places, len(idle)):
                number = idle.pop()
                future = self._ask(number, *tasks[place])
                at_work[future] = place, number
                future.add_done_callback(ended.put)
            try:
                future = ended.get(timeout=LOOK_S)
            except Empty:
                self._end_lost(at_work)
                if time.monotonic() < deadline:
                    continue
                program, *_ = tasks[min(at_work.values())[0]]
                raise DeadlineExpired(
                    f"{program.label!r} gave no answer within {allowed:.0f} s: its processes are stuck, restart the "
                    "worker"
                ) from None
            place, number = at_work.pop(future)
            done[place] = future
            idle.append(number)
        return [done[place] for place in range(len(tasks))]

    def _start(self) -> ProcessPool:
        """A pool of one process."""
        # Not fork: the parent has threads (Ray, vLLM), and a lock one of them holds would stay locked in the child.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(
            [__name__, *(module for kind in self._kinds for module in (kind.__module__, *kind.preload))]
        )
        pool = ProcessPool(max_workers=1, initializer=_warm, initargs=(self._kinds,), context=context)
        assert pool.active  # to ask starts it, before there is a response to wait
        return pool

    def _ask(self, number: int, program: Program, call: Callable[[Case], Any], case: Case) -> Asked:
        if program.apart:
            return self._threads[number].submit(_timed, call, case)
        with suppress(RuntimeError):  # its process died before a task was its own
            return self._pools[number].schedule(_timed, args=(call, case), timeout=program.limit_s)
        self._renew(number)
        return self._pools[number].schedule(_timed, args=(call, case), timeout=program.limit_s)

    def _renew(self, number: int) -> None:
        self._pools[number].join()
        self._pools[number] = self._start()

    def _end_lost(self, at_work: Mapping[Asked, tuple[int, int]]) -> None:
        """A pool that breaks, because its process died with no task, ends the tasks that it knows of. One that it was
        given in that moment it comes to know of later, and never ends."""
        for future, (_, number) in at_work.items():
            if isinstance(future, ProcessFuture) and not self._pools[number].active:
                self._renew(number)  # from here on nobody else ends it
                if not future.done():
                    future.set_exception(BrokenProcessPool("the process died before it began"))


def _warm(kinds: Kinds) -> None:
    """In the child, before the first sample's clock runs."""
    for kind in kinds:
        kind.warm()


def _timed(call: Callable[[Case], Any], case: Case) -> tuple[Any, float]:
    start = time.perf_counter()
    return call(case), time.perf_counter() - start


def _verdict(judge: RuleJudge, future: Asked) -> Verdict:
    """Of a task that has ended."""
    ruling: Ruling
    seconds = 0.0
    reason = _problem(future)
    if reason is None:
        ruling, seconds = future.result()
    elif reason == TIMEOUT:
        ruling, seconds = failed(TIMEOUT) if judge.hang_violates else abstained(TIMEOUT), judge.limit_s
    else:
        ruling = failed(reason)
    return signed(ruling, judge.label, seconds=seconds)


def _value(future: Asked) -> float | str:
    """Of a reward's task that has ended."""
    reason = _problem(future)
    if reason is not None:
        return reason
    value, _ = future.result()
    return value


def _problem(future: Asked) -> str | None:
    """Why a task that has ended has no answer."""
    match error := future.exception():
        case None:
            return None
        case FutureTimeoutError():
            return TIMEOUT
        case RecursionError():
            return TOO_DEEP
        case ProcessExpired() | BrokenProcessPool() | CancelledError():
            return CRASHED
    return f"error: {type(error).__name__}"
