"""Rule judges in child processes: one that hangs or crashes loses its own sample and nobody else's.

A task is one (judge, response) pair with the judge's time limit. Children fork from a server that has imported the
judges once, so a replacement for a killed one is ready in milliseconds.
"""

import multiprocessing
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Self

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from raylign.errors import DeadlineExpired
from raylign.judges import math, sandbox
from raylign.judges.limits import limit
from raylign.judges.mixture import applies
from raylign.judges.reasons import CRASHED, TIMEOUT, TOO_DEEP
from raylign.judges.rules import rule
from raylign.judges.ruling import Case, Ruling, abstained, violated
from raylign.spec.judges import CodeJudge, JudgeBase, MathJudge, RuleJudge
from raylign.types import Completion, Prompt, Verdict

START_S = 60.0
"""Longest wait for the children to start."""


class RuleJudges:
    """The rule judges of a job's tasks, and the processes they run in. Judges of other kinds are left out.

    Raises `RunError` at once when a code judge is wanted and programs cannot be isolated here.
    """

    def __init__(self, judges: Mapping[str, Sequence[JudgeBase]], *, processes: int = 2) -> None:
        self._judges = {
            task: tuple(spec for spec in specs if isinstance(spec, RuleJudge)) for task, specs in judges.items()
        }
        specs = [spec for task in self._judges.values() for spec in task]
        if any(isinstance(spec, CodeJudge) for spec in specs):
            sandbox.require()
        self._warm = any(isinstance(spec, MathJudge) for spec in specs)
        self._processes = processes
        self._pool = self._start()

    def ready(self) -> dict[str, int]:
        """What runs here, for people."""
        return {"judges": sum(map(len, self._judges.values())), "processes": self._processes}

    def judge(self, prompt: Prompt, completion: Completion) -> tuple[Verdict, ...]:
        """Verdicts of the task's rule judges that apply to the prompt, in the task's order."""
        return self.judge_all([(prompt, completion)])[0]

    def judge_all(self, pairs: Sequence[tuple[Prompt, Completion]]) -> list[tuple[Verdict, ...]]:
        """The same for many, at once. Raises `DeadlineExpired` only when the processes themselves are stuck."""
        return self.judge_cases([(self._judges[prompt.task], Case.of(prompt, done)) for prompt, done in pairs])

    def judge_cases(self, wanted: Sequence[tuple[Sequence[RuleJudge], Case]]) -> list[tuple[Verdict, ...]]:
        """Verdicts of the given judges on each case, less those whose `when` does not fit it."""
        if not self._pool.active:
            self._pool = self._start()
        asked = [
            [(spec, self._ask(spec, case)) for spec in specs if applies(spec, case.metadata)] for specs, case in wanted
        ]
        allowed = START_S + sum(limit(spec) for answers in asked for spec, _ in answers)
        deadline = time.monotonic() + allowed
        return [tuple(_verdict(spec, future, deadline, allowed) for spec, future in answers) for answers in asked]

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
        context.set_forkserver_preload([rule.__module__])
        pool = ProcessPool(max_workers=self._processes, initializer=_prepare, initargs=(self._warm,), context=context)
        pool.schedule(_prepare, args=(False,))
        return pool

    def _ask(self, spec: RuleJudge, case: Case) -> ProcessFuture:
        return self._pool.schedule(_timed, args=(spec, case), timeout=limit(spec))


def _prepare(warm: bool) -> None:
    """In the child: pay the parser's first-use cost before the first sample's clock runs."""
    if warm:
        math.equivalent(r"\frac{1}{2}", "0.5")


def _timed(spec: RuleJudge, case: Case) -> tuple[Ruling, float]:
    start = time.perf_counter()
    return rule(spec, case), time.perf_counter() - start


def _verdict(spec: RuleJudge, future: ProcessFuture, deadline: float, allowed: float) -> Verdict:
    try:
        error = future.exception(timeout=max(0.0, deadline - time.monotonic()))
    except FutureTimeoutError:
        raise DeadlineExpired(
            f"judge {spec.label!r} gave no verdict within {allowed:.0f} s: its processes are stuck, restart the worker"
        ) from None
    match error:
        case None:
            ruling, seconds = future.result()
        case FutureTimeoutError() if isinstance(spec, CodeJudge):
            # Programs have a limit of their own, within the sandbox: what hangs here is the sandbox.
            ruling, seconds = abstained(TIMEOUT), limit(spec)
        case FutureTimeoutError():
            ruling, seconds = violated(TIMEOUT), limit(spec)
        case RecursionError():
            ruling, seconds = violated(TOO_DEEP), 0.0
        case ProcessExpired() | BrokenProcessPool() | CancelledError():
            ruling, seconds = abstained(CRASHED), 0.0
        case _:
            ruling, seconds = abstained(f"error: {type(error).__name__}"), 0.0
    return Verdict(judge=spec.label, satisfied=ruling.satisfied, reason=ruling.reason, seconds=seconds)
