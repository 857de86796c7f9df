"""One job twice: undisturbed, and killed over and over again. Both must end with the same bits.

All actors of the real stack take part: trainer, reference, vLLM rollout worker, reward model, rule judges with a code
sandbox, two-token judge. Exits with 1 where a bit differs, or where the run ended before every kill had fallen.
"""

import argparse
import contextlib
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import yaml

from benchmarks.kills import Driver, Kill, being_written, count_events, events, last_step, schedule, wait_for
from raylign.record.events.tasks import TaskEvaluation
from raylign.record.history import History
from raylign.record.rundir import RunDirectory
from raylign.spec import load_job

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from jobs import untimed

EXAMPLES = Path(__file__).parents[1] / "examples"
CHECKPOINT_EVERY = 3


@dataclass(frozen=True, slots=True)
class Struck:
    """A kill that fell."""

    kill: Kill
    step: int
    """The step that was being made."""
    at_work: tuple[str, ...]
    """Calls that were being executed, and the checkpoint that was being written."""
    events: int
    """Said before it."""
    orphans: tuple[str, ...]
    """Processes that outlived their driver by 30 s."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, help="how many, at most 21; all, or 7 with --lora, where absent")
    parser.add_argument("--seed", type=int, default=0, help="of the kills")
    parser.add_argument("--lora", action="store_true", help="train adapters")
    parser.add_argument("--directory", type=Path, help="keep the runs there")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    count = options.kills or (7 if options.lora else 21)
    steps = CHECKPOINT_EVERY * -(-(count + 3) // CHECKPOINT_EVERY)
    with contextlib.ExitStack() as stack:
        directory = options.directory or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        directory.mkdir(parents=True, exist_ok=True)
        job = write_job(directory / "job.yaml", steps=steps, lora=options.lora)
        whole, broken = directory / "whole", directory / "broken"
        seconds = [_run_whole(whole, job)]
        begun = time.monotonic()
        struck = disturb(broken, job, schedule(options.seed, count, steps))
        seconds.append(time.monotonic() - begun)
        rows = [
            {**asdict(one), "outcome": outcome(events(broken)[one.events : after], one.kill.victim)}
            for one, after in zip(struck, [one.events for one in struck[1:]] + [None], strict=True)
        ]
        same = compare(whole, broken)
    _print(rows, same, steps, seconds)
    if options.json:
        options.json.write_text(json.dumps({"steps": steps, "seconds": seconds, "kills": rows, "same": same}, indent=2))
    return int(len(rows) < count or not all(same.values()))


def write_job(path: Path, *, steps: int, lora: bool) -> Path:
    """Four tasks of the examples, one for each of CRPG, CRRAFT, CODPO and OAIF, cut to two prompts a step."""
    demo = load_job(EXAMPLES / "demo.yaml").model_dump(mode="json")
    chat, code = (next(task for task in demo["tasks"] if task["name"] == name) for name in ("chat", "code"))
    (pair,) = load_job(EXAMPLES / "codpo.yaml").model_dump(mode="json")["tasks"]
    feedback, *_ = load_job(EXAMPLES / "oaif.yaml").model_dump(mode="json")["tasks"]
    code["method"] = {"type": "crraft", "kl_max": 10.0}
    for judge in code["judges"]:
        judge["timeout_s"] = 60.0  # a machine busy with a restart must not turn a verdict
    tasks = [chat, code, pair, {**feedback, "name": "feedback"}]
    job = {
        **demo,
        "name": "exactness",
        "steps": steps,
        "tasks": [{**task, "prompts_per_step": 2} for task in tasks],
        "policy": {**demo["policy"], "lora": {"rank": 8} if lora else None},
        "trainer": {**demo["trainer"], "schedule": {"type": "cosine", "warmup_steps": 4}, "weight_decay": 0.01},
        "checkpoint": {"every": CHECKPOINT_EVERY, "keep_last": 2},
        "evaluation": {"prompts": 4, "every": 2 * CHECKPOINT_EVERY},
    }
    path.write_text(yaml.safe_dump(job))
    return path


def disturb(run: Path, job: Path, kills: Sequence[Kill]) -> list[Struck]:
    """Run the job to its end through all kills; a driver that died, or gave up, is started again."""
    driver, struck = Driver(run, job), list[Struck]()
    for at, kill in enumerate(kills):
        since = struck[-1].events if struck else 0
        while not wait_for(driver, kill, since):
            status = driver.process.poll()
            if status == 0:
                return struck
            driver = driver if status is None else Driver(run)
        at_work = (*sorted(driver.at_work()), *being_written(run))
        old, said = driver.actors().get(kill.victim), (run / "events.jsonl").stat().st_size
        orphans = driver.kill(kill.victim)
        before, step = count_events(run, said), last_step(run) + 1
        struck.append(Struck(kill, step, at_work, before, tuple(orphans)))
        print(f"{len(struck)}: {kill.victim} in {kill.phase}, step {step}: {', '.join(at_work)}", flush=True)
        if kill.victim == "driver":
            driver = Driver(run)
        if at + 1 < len(kills) and kills[at + 1].phase != "start-up":
            _recover(driver, kill.victim, old, before)
    while driver.process.wait() != 0:
        driver = Driver(run)
    return struck


def _recover(driver: Driver, victim: str, old: tuple[int, str] | None, since: int) -> None:
    """Until the victim is there again and a step has been made."""
    gone = old[0] if old else 0

    def recovered() -> bool:
        again = victim == "driver" or driver.actors().get(victim, (gone, ""))[0] != gone
        return again and any(event["kind"] == "step" for event in events(driver.run)[since:])

    driver.wait(recovered, f"recovery of {victim}")


def outcome(said: Sequence[dict[str, Any]], victim: str) -> str:
    """What the events between a kill and the next one tell."""
    phases = [event["data"].get("phase") for event in said if event["kind"] == "status"]
    resumed = [event["data"]["detail"] for event in said if event["data"].get("phase") == "resuming"]
    if "planning" not in phases:
        return "replaced" if victim != "driver" else "killed again before it planned"
    if resumed:
        return f"from {Path(resumed[0].split()[-1]).name}"
    return "from the start" if "training" in phases else "killed again while it started"


def compare(whole: Path, broken: Path) -> dict[str, bool]:
    """What of two runs is the same to the last bit."""
    ours, theirs = (_checkpoints(run) for run in (whole, broken))
    return {
        "checkpoints": ours.keys() == theirs.keys(),
        "weights": all(
            _digest(ours[name] / "policy" / "model.safetensors")
            == _digest(theirs[name] / "policy" / "model.safetensors")
            for name in ours.keys() & theirs.keys()
        ),
        "model": _digest(whole / "model" / "model.safetensors") == _digest(broken / "model" / "model.safetensors"),
        "optimizer": all(_same_state(ours[name], theirs[name]) for name in ours.keys() & theirs.keys()),
        "metrics": untimed(whole) == untimed(broken),
        "evaluations": _evaluations(whole) == _evaluations(broken),
    }


def _checkpoints(run: Path) -> dict[str, Path]:
    return {path.name: path for path in (run / "checkpoints").iterdir()}


def _same_state(ours: Path, theirs: Path) -> bool:
    """Whether all that the trainer wrote beside the policy holds the same: optimizer, master weights, RNG."""
    files = [sorted(path.relative_to(root) for path in (root / "trainer").rglob("*.pt")) for root in (ours, theirs)]
    return files[0] == files[1] and all(
        _same(*(torch.load(root / file, weights_only=False) for root in (ours, theirs))) for file in files[0]
    )


def _same(one: Any, other: Any) -> bool:
    """Equality with tensors compared bit for bit, however deep they lie."""
    if type(one) is not type(other):
        return False
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    return vars(one) == vars(other) if hasattr(one, "__dict__") else bool(one == other)


def _evaluations(run: Path) -> dict[int, Mapping[str, TaskEvaluation]]:
    history = History()
    for event in RunDirectory(run).events():
        history.add(event)
    return history.evaluations


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _run_whole(run: Path, job: Path) -> float:
    begun = time.monotonic()
    if status := Driver(run, job).process.wait():
        raise SystemExit(f"the undisturbed run ended with {status}; see {run.with_suffix('.log')}")
    return time.monotonic() - begun


def _print(rows: Sequence[dict[str, Any]], same: dict[str, bool], steps: int, seconds: Sequence[float]) -> None:
    print(f"\n{'#':>2}  {'step':>4}  {'victim':10} {'phase':11} {'the run went on':30} at work")
    for number, row in enumerate(rows, start=1):
        kill, doing = row["kill"], ", ".join(row["at_work"])
        print(f"{number:2}  {row['step']:4}  {kill['victim']:10} {kill['phase']:11} {row['outcome']:30} {doing}")
        for orphan in row["orphans"]:
            print(f"    outlived its driver: {orphan}")
    print(f"\n{steps} steps, {len(rows)} kills; {seconds[0]:.0f} s undisturbed, {seconds[1]:.0f} s killed")
    print("; ".join(f"{name} {'identical' if value else 'DIFFERENT'}" for name, value in same.items()))


if __name__ == "__main__":
    sys.exit(main())
