"""Steps of one of our jobs, timed: the real thing, `python -m actors run`, its events read back."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from raylign.record.events import Event
from raylign.record.events.payloads import Status, StepDone
from raylign.record.rundir import RunDirectory

WORK = ("generate", "score", "step")
"""Phases that are the models' own work; the rest of a step is what the service adds."""

METHODS: dict[str, dict[str, Any]] = {
    "crpg": {"method": {"type": "crpg"}, "baseline": "data"},
    "grpo": {"method": {"type": "grpo"}},
    "oaif": {"method": {"type": "oaif", "annotator": {"type": "reward"}}},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one step trains on."""

    prompts: int
    samples: int
    """Responses of each prompt."""
    tokens: int
    """Of each response."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """A run as its events tell it."""

    steps: list[StepDone]
    began: float
    """Unix seconds: when the command was given."""
    events: list[Event]

    def until(self, phase: str) -> float:
        """Seconds from the command to the first word on a phase; ``"step"``: to the end of the first step."""
        for event in self.events:
            match event.said:
                case Status(phase=said) | StepDone(kind=said) if said == phase:
                    return event.time - self.began
        raise ValueError(f"the run never said {phase!r}")


def job(method: str, *, model: Path, reward: Path, prompts: Path, batch: Batch, steps: int) -> dict[str, Any]:
    """One task, one reward model, no judges, nothing measured beside the steps."""
    return {
        "name": f"benchmark-{method}",
        "steps": steps,
        "policy": {"model": str(model), "dtype": "float32"},
        "tasks": [
            {
                "name": "task",
                "prompts": {"path": str(prompts)},
                "prompts_per_step": batch.prompts,
                "samples_per_prompt": batch.samples,
                "reward": {"model": str(reward)},
                **METHODS[method],
            }
        ],
        "rollout": {"temperature": 1.0, "max_tokens": batch.tokens, "context_tokens": 256},
        "trainer": {"learning_rate": 1e-6},
        "checkpoint": {"every": steps},
        "evaluation": {"prompts": 0},
    }


def run(document: dict[str, Any], directory: Path) -> Timed:
    """The job from the command to its end, in ``directory``. A step that trained nothing took no measurable time."""
    directory.mkdir(parents=True)
    file = directory / "job.yaml"
    file.write_text(yaml.safe_dump(document))
    out = directory / "run"
    command = [sys.executable, "-m", "actors", "run", "--no-dashboard", "--json", "--run-dir", str(out)]
    began = time.time()
    with (directory / "log").open("w") as log:
        status = subprocess.run([*command, "--job", str(file)], stdout=log, stderr=subprocess.STDOUT).returncode
    if status:
        raise RuntimeError(f"the run ended with {status}; it said: {(directory / 'log').read_text()[-2000:]}")
    events = list(RunDirectory(out).events())
    steps = [event.said for event in events if isinstance(event.said, StepDone)]
    if idle := [step for step in steps if not step.train]:
        skips = {name: task.skips for name, task in idle[0].tasks.items()}
        raise RuntimeError(f"step {idle[0].step} trained nothing: {skips}")
    return Timed(steps=steps, began=began, events=events)


def phases(steps: list[StepDone]) -> dict[str, float]:
    """Median seconds of every phase, and ``other``: what no phase accounts for."""
    names = list(dict.fromkeys(name for step in steps for name in step.seconds))
    found = {name: median(step.seconds.get(name, 0.0) for step in steps) for name in names}
    found["other"] = median(step.step_s - sum(step.seconds.values()) for step in steps)
    return found


def outside(steps: list[StepDone]) -> float:
    """Median share of a step that is neither generate, nor score, nor step."""
    return median(1 - sum(step.seconds.get(name, 0.0) for name in WORK) / step.step_s for step in steps)


def dump(file: Path | None, document: Any) -> None:
    """Write what was found, where asked for."""
    if file:
        file.write_text(json.dumps(document, indent=2))
