"""Where the start of a job spends its time: CPU seconds and peak memory of every process by the time that all actors
are ready, and seconds until then and to the end of the first step."""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from actors.fleet import ACTORS

STARTING = ("starting Ray", "planning", "placing actors", "starting actors")
"""Phases before all actors are ready, in their order."""
TITLES = {remote.__ray_metadata__.class_name: role for role, remote in ACTORS.items()} | {role: role for role in ACTORS}
"""What a process is called while it is idle or being made, and while a call is at work."""
DRIVER, RAY = "driver", "Ray itself"
EXAMPLE = Path(__file__).parents[1] / "examples" / "crpg.yaml"


@dataclass
class Spent:
    """By one or more processes."""

    cpu_s: float = 0.0
    peak_mib: float = 0.0
    processes: int = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", type=Path, nargs="?", default=EXAMPLE)
    parser.add_argument("settings", nargs="*", help="in place of the job file's: rollout.engine=transformers")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        phases, spent = measure(options.job, ["steps=1", *options.settings], Path(directory) / "run")
    for phase, seconds in phases.items():
        print(f"{phase:24} {seconds:6.1f} s")
    print(f"\n{'by all actors ready':24} {'CPU s':>6} {'MiB':>6} {'processes':>10}")
    for who, one in sorted(spent.items(), key=lambda item: -item[1].cpu_s):
        print(f"{who:24} {one.cpu_s:6.1f} {one.peak_mib:6.0f} {one.processes:10}")
    print(f"{'together':24} {sum(one.cpu_s for one in spent.values()):6.1f}")
    if options.json:
        options.json.write_text(json.dumps({"phases": phases, "spent": {who: vars(one) for who, one in spent.items()}}))


def measure(job: Path, settings: Iterable[str], run: Path) -> tuple[dict[str, float], dict[str, Spent]]:
    """Seconds by phase, and what was spent by whom when the last actor was ready."""
    begun = time.monotonic()
    command = ["-m", "actors", "run", "--json", "--no-dashboard", "--job", str(job), "--run-dir", str(run), *settings]
    driver = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    assert driver.stdout is not None
    phases: dict[str, float] = defaultdict(float)
    spent: dict[str, Spent] = {}
    phase, since = "interpreter", begun
    for line in driver.stdout:
        event, now = json.loads(line), time.monotonic()
        if event["kind"] not in ("status", "step") or "to the first step" in phases:
            continue
        phases[phase] += now - since
        since = now
        if event["kind"] == "step":
            phases["to the first step"] = now - begun
        else:
            phase = event["data"]["phase"]
            if phase not in STARTING and not spent:
                spent = look(psutil.Process(driver.pid))
    if driver.wait() != 0 or not spent:
        raise SystemExit(f"the run ended with {driver.returncode} before its actors were ready")
    return dict(phases), spent


def look(driver: psutil.Process) -> dict[str, Spent]:
    """What the driver and all that it started have spent so far, by role; a worker's children are its own."""
    found: dict[str, Spent] = defaultdict(Spent)
    _add(found[DRIVER], driver)
    todo: list[tuple[psutil.Process, str]] = [(child, RAY) for child in driver.children()]
    while todo:
        process, whose = todo.pop()
        try:
            title = (process.cmdline() or [""])[0]  # ray::rollout/0:RolloutWorker.__init__, ray::rollout.start
            role: Any = TITLES.get(title.rpartition(":")[2].partition(".")[0], whose)
            children = [(child, role) for child in process.children()]
            _add(found[role], process)
        except psutil.NoSuchProcess:
            continue
        todo += children
    return dict(found)


def _add(spent: Spent, process: psutil.Process) -> None:
    times = process.cpu_times()
    spent.cpu_s += times.user + times.system
    spent.peak_mib = max(spent.peak_mib, _peak_kib(process.pid) / 1024)
    spent.processes += 1


def _peak_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


if __name__ == "__main__":
    main()
