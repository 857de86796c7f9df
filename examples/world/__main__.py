"""``python -m examples.world DIRECTORY`` makes the tiny world anew, by a recipe of raylign's own jobs."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from examples.world.amounts import Amounts
from examples.world.measure import measured
from examples.world.world import build

WORK = Path("runs/world")


def main(
    directory: Path,
    seed: int = 0,
    work: Annotated[Path, typer.Option(help="Where the run is written; one that is there goes on.")] = WORK,
    share: Annotated[float, typer.Option(min=0.001, max=1, help="Of all steps: a quick world learns less.")] = 1.0,
) -> None:
    """Write the tiny world's models, prompts and pairs into DIRECTORY, and say what the models can do."""
    whole = Amounts(seed=seed)
    steps = {
        name: max(1, round(share * getattr(whole, name))) for name in ("policy_steps", "judge_steps", "reward_steps")
    }
    print(f"The models of {directory} are made by raylign's own jobs, a recipe of four stages: {work}/run")
    build(directory, work.absolute(), replace(whole, **steps))
    for figure in measured(directory):
        print(figure)


if __name__ == "__main__":
    typer.run(main)
