"""``python -m examples.world DIRECTORY`` makes the tiny world anew."""

from pathlib import Path

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from transformers.utils import logging

from examples.world.world import Recipe, build
from raylign.tensors.threads import use_threads


def main(directory: Path, seed: int = 0, threads: int = 1) -> None:
    """Write the tiny world's models and prompts into DIRECTORY. Equal seeds and threads make equal files."""
    use_threads(threads)
    logging.disable_progress_bar()
    columns = (TextColumn("{task.description:12}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, TextColumn("loss {task.fields[loss]}")) as progress:

        def stage(title: str, steps: int) -> "Tick":
            return Tick(progress, title, steps)

        build(directory, Recipe(seed=seed), stage)


class Tick:
    """Moves one bar on by a step."""

    def __init__(self, progress: Progress, title: str, steps: int) -> None:
        self.progress = progress
        self.bar = progress.add_task(title, total=steps, loss="-")

    def __call__(self, loss: str) -> None:
        self.progress.update(self.bar, advance=1, loss=loss)


if __name__ == "__main__":
    typer.run(main)
