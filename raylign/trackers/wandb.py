"""Weights & Biases."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from raylign import bounds
from raylign.trackers.sink import Sink
from raylign.trackers.tracker import Name, Tracker, remembered


class WeightsAndBiases(Tracker):
    """A W&B run, the same one for all attempts. Key and server: ``WANDB_API_KEY``, ``WANDB_BASE_URL``."""

    library: ClassVar = "wandb"
    leaves: ClassVar = True

    type: Literal["wandb"] = "wandb"
    project: Name = "raylign"
    """The project it is filed under."""
    team: Name | None = None
    """W&B's `entity`; the key's own where absent."""
    group: Name | None = None
    """Runs of one group are shown together."""
    tags: tuple[Name, ...] = Field(default=(), max_length=bounds.TAGS)
    """Words to find it by."""
    offline: bool = False
    """Keep it in the run directory, to be sent by `wandb sync` some day. ``WANDB_MODE=offline`` does the same."""

    def open(self, directory: Path, name: str) -> Sink:
        return WandbRun(self, directory, name)


class WandbRun(Sink):
    """Curves over a `step` of their own, for W&B takes no point of a step before its last one."""

    def __init__(self, settings: WeightsAndBiases, directory: Path, name: str) -> None:
        import wandb

        self._run = wandb.init(
            project=settings.project,
            entity=settings.team,
            group=settings.group,
            tags=settings.tags,
            name=name,
            id=remembered(directory / "wandb.id", lambda: secrets.token_hex(8)),
            resume="allow",
            dir=str(directory),
            mode="offline" if settings.offline else None,
            # Curves alone: the machine and what is on it are nobody else's to see.
            settings=wandb.Settings(
                console="off",
                silent=True,
                disable_git=True,
                save_code=False,
                x_disable_meta=True,
                x_disable_stats=True,
            ),
        )
        self._run.define_metric("*", step_metric="step")
        self.link = f"wandb sync {Path(self._run.dir).parent}" if self._run.offline else self._run.url or ""

    def _add(self, step: int, points: Mapping[str, float]) -> None:
        self._run.log({**points, "step": step})

    def rewind(self, next_step: int) -> None:
        """Nothing: points of steps that are made again are drawn beside the first ones."""

    def close(self, *, succeeded: bool) -> None:
        self._run.finish(exit_code=0 if succeeded else 1)
