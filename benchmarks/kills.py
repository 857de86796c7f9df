"""Kills of a running job's processes, drawn from a seed: who is to die in which phase, and the hand that does it.

Ray shows in a process's title which actor it is and what it does just now (``ray::rollout/0:RolloutWorker.__init__``,
``ray::RolloutWorker``, ``ray::rollout.generate``), so a phase is seen from outside, as it happens.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from raylign.record.lines import documents

VICTIMS = ("driver", "policy", "rollout", "llm-judge", "reference", "judge", "reward")
PHASES = {
    "checkpoint": 0.03,
    "step": 0.15,
    "generate": 0.5,
    "judge": 0.02,
    "score": 0.03,
    "publish": 0.02,
    "start-up": 8.0,
}
"""Seconds within which, after a phase was seen to begin, the kill falls. In the order of the victims at work in it."""
AT_WORK = {
    "generate": {"rollout.generate"},
    "judge": {"judge.judge", "llm-judge.judge", "llm-judge.prefer", "reward.reward"},
    "score": {"reference.score"},
    "step": {"policy.step"},
    "publish": {"policy.export", "rollout.publish"},
}
"""Ray's names of a phase's calls."""
CLASSES = {
    "PolicyTrainer": "policy",
    "RolloutWorker": "rollout",
    "RewardWorker": "reward",
    "JudgeProcesses": "judge",
    "LLMJudgeWorker": "llm-judge",
    "ReferenceWorker": "reference",
}
LIMIT_S = 300.0
"""Longest wait for a phase, a replacement or an end."""
LOOK_S, POLL_S = 0.25, 0.002
WRITING_S = 1.0
"""A checkpoint of the tiny model is written within this time."""


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill to come."""

    step: int
    """Not before this step has been told of."""
    phase: str
    victim: str
    delay_s: float
    """Seconds after the phase was seen to begin."""


def schedule(seed: int, count: int, steps: int) -> list[Kill]:
    """``count`` kills, at most 21, over a run of ``steps``; of seven in a row each has its own victim and phase.

    The first seven fall on victims at their own work; then who dies in which phase is drawn, and no pair comes twice.
    A kill at start-up follows a kill that costs the fleet, or is the first of all.
    """
    rng = random.Random(seed)
    pairs: list[tuple[str, str]] = []
    for shift in (0, *rng.sample(range(1, len(VICTIMS)), 2)):
        phases = [*PHASES][shift:] + [*PHASES][:shift]
        turn = list(zip(VICTIMS, phases, strict=True))
        rng.shuffle(turn)
        starting = next(pair for pair in turn if pair[1] == "start-up")
        turn.remove(starting)
        fatal = "policy" if starting[0] == "driver" else "driver"
        after = [victim for victim, _ in turn].index(fatal) + 1 if pairs else 0
        pairs += [*turn[:after], starting, *turn[after:]]
    return [
        Kill(
            step=-1 if at == 0 else (steps - 4) * at // count,
            phase=phase,
            victim=victim,
            delay_s=rng.uniform(0, PHASES[phase]),
        )
        for at, (victim, phase) in enumerate(pairs[:count])
    ]


class Driver:
    """``python -m actors run`` on a run directory, and the actors below it."""

    def __init__(self, run: Path, job: Path | None = None) -> None:
        self.run = run
        command = [sys.executable, "-m", "actors", "run", "--no-dashboard", "--run-dir", str(run)]
        with run.with_suffix(".log").open("ab") as log:
            self.process = subprocess.Popen(
                command + (["--job", str(job)] if job else []),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._below: list[psutil.Process] = []
        self._looked = 0.0

    def actors(self) -> dict[str, tuple[int, str]]:
        """Process id and present call of every actor that lives, by role."""
        if time.monotonic() - self._looked > LOOK_S:
            self._below = self._children()
            self._looked = time.monotonic()
        found = {}
        for process in self._below:
            call = _title(process.pid).removeprefix("ray::")
            name = call.split(".")[0]
            role = name.split("/")[0] if "/" in name else CLASSES.get(name, name)
            call = f"{role}.start" if "/" in name else call
            if role in CLASSES.values():
                found[role] = (process.pid, call)
        return found

    def at_work(self) -> set[str]:
        """Calls that actors execute just now."""
        return {call for _, call in self.actors().values() if "." in call}

    def kill(self, victim: str) -> list[str]:
        """SIGKILL; for the driver to its whole process group. Titles of processes that outlive the driver by 30 s."""
        if victim != "driver":
            os.kill(self.actors()[victim][0], signal.SIGKILL)
            return []
        os.killpg(self.process.pid, signal.SIGKILL)  # at once: looking for its processes now would let the moment pass
        self.process.wait()
        _, alive = psutil.wait_procs(self._below, timeout=30)
        return [_title(process.pid) for process in alive]

    def wait(self, until: Callable[[], bool], what: str, poll_s: float = LOOK_S) -> bool:
        """Whether it came true before the driver ended."""
        end = time.monotonic() + LIMIT_S
        while not until():
            if self.process.poll() is not None:
                return False
            if time.monotonic() > end:
                raise SystemExit(f"{what} did not come within {LIMIT_S:g} s; see {self.run.with_suffix('.log')}")
            time.sleep(poll_s)
        return True

    def _children(self) -> list[psutil.Process]:
        try:
            return list(psutil.Process(self.process.pid).children(recursive=True))
        except psutil.NoSuchProcess:
            return []


def wait_for(driver: Driver, kill: Kill, since: int) -> bool:
    """Until the kill's moment has come. ``since``: number of events at the last kill. False where the run ended."""
    if kill.phase == "start-up":
        began = driver.wait(lambda: is_starting(driver.run, since) and kill.victim in _alive(driver), str(kill))
        time.sleep(kill.delay_s)
        return began and kill.victim in _alive(driver)
    began, delay_s = driver.wait(lambda: last_step(driver.run) >= kill.step, f"step {kill.step}"), kill.delay_s
    while began:
        began = driver.wait(lambda: in_phase(driver, kill.phase), str(kill), POLL_S)
        time.sleep(delay_s)
        if in_phase(driver, kill.phase) and kill.victim in _alive(driver):
            return True
        delay_s /= 2  # the phase was over sooner: next time
    return False


def in_phase(driver: Driver, phase: str) -> bool:
    return bool(being_written(driver.run) if phase == "checkpoint" else driver.at_work() & AT_WORK[phase])


def being_written(run: Path) -> list[str]:
    """The checkpoint that is being written; what a dead run left is older."""
    names = []
    for path in (run / "checkpoints").glob("*.tmp"):
        with contextlib.suppress(FileNotFoundError):  # it has just got its name
            if time.time() - path.stat().st_mtime < WRITING_S:
                names.append(path.name)
    return names


def is_starting(run: Path, since: int) -> bool:
    """Whether the run's last word, later than event ``since``, is that its actors start."""
    said = events(run)
    return len(said) > since and said[-1]["data"].get("phase") == "starting actors"


def last_step(run: Path) -> int:
    return max((event["data"]["step"] for event in events(run) if event["kind"] == "step"), default=-1)


def events(run: Path) -> list[dict[str, Any]]:
    """All that was said so far; a line still being written is left out."""
    return list(documents(run / "events.jsonl"))


def count_events(run: Path, size: int) -> int:
    """Events in the first ``size`` bytes of what was said."""
    return (run / "events.jsonl").read_bytes()[:size].count(b"\n")


def _alive(driver: Driver) -> set[str]:
    return {"driver", *driver.actors()}


def _title(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""
