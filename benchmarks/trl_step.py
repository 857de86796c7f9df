"""Seconds of a whole step against TRL's trainers: same model, reward model, prompts, batch, tokens, dtype and threads.

CRPG against GRPO, OAIF against Online DPO. TRL needs an environment of its own; ``--trl-python`` is its interpreter.
"""

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import models, our_side
from benchmarks.our_side import Batch
from benchmarks.stolen import Stolen

PAIRS = {"crpg": "grpo", "oaif": "online-dpo"}
"""Ours and TRL's."""
BATCHES = {"crpg": Batch(prompts=8, samples=4, tokens=64), "oaif": Batch(prompts=16, samples=2, tokens=64)}
PROMPT_TOKENS = 16
WARM = 1
"""First steps that are not counted."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trl-python", type=Path, help="without it, only our side runs")
    parser.add_argument("--shape", choices=models.SHAPES, action="append", help="default: 3m and 135m")
    parser.add_argument("--pair", choices=PAIRS, action="append", help="default: both")
    parser.add_argument("--steps", type=int, default=4, help="of each side, the first is not counted")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = []
    print(f"{'model':6} {'pair':18} {'ours':>8} {'TRL':>8} {'ratio':>6} {'outside':>8} {'stolen':>9}  phases")
    for shape in options.shape or ("3m", "135m"):
        for pair in options.pair or PAIRS:
            with tempfile.TemporaryDirectory() as directory:
                rows.append(compare(shape, pair, options.steps, options.trl_python, Path(directory)))
            print(line(rows[-1]), flush=True)
    our_side.dump(options.json, rows)


def compare(shape: str, pair: str, steps: int, trl_python: Path | None, directory: Path) -> dict[str, Any]:
    """Both sides on one model, one after the other."""
    batch = BATCHES[pair]
    policy, reward = models.save_policy(shape, directory / "policy"), models.save_reward(shape, directory / "reward")
    prompts = models.save_prompts(shape, directory / "prompts.jsonl", count=steps * batch.prompts, tokens=PROMPT_TOKENS)
    theirs = run_trl(trl_python, pair, policy, reward, prompts, batch, steps, directory) if trl_python else None
    stolen = Stolen()
    timed = our_side.run(
        our_side.job(pair, model=policy, reward=reward, prompts=prompts, batch=batch, steps=steps), directory / "ours"
    )
    counted = timed.steps[WARM:]
    tokens = {step.tokens for step in timed.steps} | set(theirs["tokens"] if theirs else ())
    if tokens != {batch.prompts * batch.samples * batch.tokens}:
        raise RuntimeError(f"the sides did not sample the same number of tokens a step: {sorted(tokens)}")
    row = {
        "shape": shape,
        "pair": f"{pair} / {PAIRS[pair]}",
        "ours": {
            "step_s": median(step.step_s for step in counted),
            "steps": [step.step_s for step in timed.steps],
            "phases": our_side.phases(counted),
            "outside": our_side.outside(counted),
            "first_step_s": timed.until("step"),
            "training_s": timed.until("training"),
            "stolen": stolen.share(),
        },
    }
    if theirs:
        row["trl"] = {
            "step_s": median(theirs["steps"][WARM:]),
            "steps": theirs["steps"],
            "generate_s": median(theirs["generate"][WARM:]),
            "stolen": theirs["stolen"],
        }
        row["ratio"] = row["ours"]["step_s"] / row["trl"]["step_s"]  # type: ignore[index]
    return row


def run_trl(
    python: Path, pair: str, policy: Path, reward: Path, prompts: Path, batch: Batch, steps: int, directory: Path
) -> dict[str, Any]:
    """What `benchmarks/trl_side.py` found, in TRL's environment; ``stolen`` meanwhile."""
    settings = {
        "trainer": PAIRS[pair],
        "model": policy,
        "reward": reward,
        "prompts": prompts,
        "output": directory / "trl",
        "steps": steps,
        "prompts-per-step": batch.prompts,
        "samples": batch.samples,
        "tokens": batch.tokens,
        "threads": os.cpu_count(),
    }
    command = [str(python), str(Path(__file__).with_name("trl_side.py"))]
    command += [part for name, value in settings.items() for part in (f"--{name}", str(value))]
    stolen = Stolen()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"TRL's side ended with {done.returncode}: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**found, "stolen": stolen.share()}


def line(row: dict[str, Any]) -> str:
    ours, trl = row["ours"], row.get("trl")
    spent = ", ".join(f"{name} {seconds:.2f}" for name, seconds in ours["phases"].items())
    theirs = f"{trl['step_s']:8.2f} {row['ratio']:6.2f}" if trl else f"{'-':>8} {'-':>6}"
    stolen = " / ".join(f"{side['stolen']:.0%}" for side in (ours, trl) if side)
    figures = f"{ours['step_s']:8.2f} {theirs} {ours['outside']:8.1%} {stolen:>9}"
    return f"{row['shape']:6} {row['pair']:18} {figures}  {spent}"


if __name__ == "__main__":
    main()
