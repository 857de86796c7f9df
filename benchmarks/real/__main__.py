"""A real model under real constraints: one run of ``raylign run`` an arm, measured on prompts that none has seen.

``python -m benchmarks.real --model DIRECTORY``, which ``python -m benchmarks.real.model DIRECTORY`` makes. Resumable:
an arm that was measured is left alone, a run that was cut goes on from its last checkpoint. ``python -m
benchmarks.real.report`` prints the table.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from benchmarks.real.arms import ARMS, Arm, job_of
from benchmarks.real.sets import SETS

START = "start"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--set", choices=list(SETS), default="describe", dest="on")
    parser.add_argument("--results", type=Path, default=Path("runs/real"))
    parser.add_argument("--arms", nargs="+", choices=[arm.name for arm in ARMS], default=[arm.name for arm in ARMS])
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.results.mkdir(parents=True, exist_ok=True)
    options.results, options.model = options.results.resolve(), options.model.resolve()
    on = SETS[options.on]
    learned, held_out = on.write(options.results)
    steps = options.steps or on.steps
    for arm in (arm for arm in ARMS if arm.name in options.arms):
        document = job_of(
            arm, on, model=options.model, learned=learned, held_out=held_out, steps=steps, seed=options.seed
        )
        job = options.results / f"{arm.name}.json"
        job.write_text(json.dumps(document, indent=2))
        measure(options.model, options.model, job, options.results / f"{START}.jsonl")
        trained = train(arm, job, options.results)
        measure(trained, options.model, job, options.results / f"{arm.name}.jsonl")


def train(arm: Arm, job: Path, results: Path) -> Path:
    """The arm's model, trained or found."""
    run = results / arm.name
    model = run / "model"
    if not model.exists():
        how = ["--resume", str(run)] if (run / "job.json").exists() else [str(job), "--run-dir", str(run)]
        subprocess.run([sys.executable, "-m", "raylign.cli", "run", *how, "--no-dashboard"], check=True)
    return model


def measure(model: Path, start: Path, job: Path, out: Path) -> None:
    if not out.exists():
        command = [sys.executable, "-m", "benchmarks.real.measure", str(model), str(start), str(job), str(out)]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
