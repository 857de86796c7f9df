"""Preferences: a policy learns from pairs of a file, a better and a worse response to each prompt."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from raylign import bounds
from raylign.acquisition.acquisition import Acquisition
from raylign.methods.direct import Direct
from raylign.methods.kto import KTO
from raylign.methods.sparsepo import MaPO, SparsePO
from raylign.methods.tdpo import TDPO
from raylign.spec.held_out import HeldOut
from raylign.spec.job import Job
from raylign.spec.written_task import AnsweredTask


def typed(document: Any) -> Any:
    """``{loss: ipo}`` names no type, and means `Direct`; ``{loss: kto}``, of single responses, means `KTO`."""
    if not isinstance(document, dict) or "type" in document:
        return document
    loss = document.get("loss")
    named = loss if isinstance(loss, dict) else {"type": loss}
    if named.get("type") == "kto":
        return {**{key: value for key, value in document.items() if key != "loss"}, **named}
    return {"type": "direct", **document}


PairMethod = Annotated[Direct | KTO | TDPO | MaPO | SparsePO, Field(discriminator="type"), BeforeValidator(typed)]
"""The methods that learn from pairs of a file."""


class PreferenceTask(AnsweredTask):
    """One file of pairs. Reward and judges are for the evaluation: nothing else hears them."""

    samples_per_prompt: Literal[2] = 2
    """A pair's."""
    method: PairMethod = Direct()
    """Which loss of the pairs. Where it names no ``type`` it is ``direct``."""
    select: Acquisition | None = None
    """Learn from a budget of the file's pairs, those that tell most; from all where absent."""

    @model_validator(mode="after")
    def _there_is_a_choice(self) -> "PreferenceTask":
        if self.select and self.select.budget < self.prompts_per_step:
            raise ValueError(
                f"a step takes {self.prompts_per_step} pairs, and `select.budget` leaves {self.select.budget}: raise "
                "`budget`, or lower `prompts_per_step`"
            )
        if self.select and self.select.budget > self.select.pool:
            raise ValueError(
                f"`select` chooses {self.select.budget} pairs of a pool of {self.select.pool}: lower `budget`, or "
                "raise `pool`"
            )
        if self.select and self.method.needs.compares != "two":
            raise ValueError(f"`select` chooses among pairs, and {self.method.type!r} takes them apart: leave out one")
        if self.select and not self.method.needs.reference:
            raise ValueError(
                "`select` asks the reference about every pair, and the job's loss has none: choose another loss, or "
                "leave out `select`"
            )
        return self

    @property
    def acquisition(self) -> Acquisition | None:
        return self.select


class PairsHeldOut(HeldOut):
    """Before/after: margin and accuracy of pairs that nobody trains on, and responses where asked for."""

    @property
    def needs_answers(self) -> bool:
        """Where ``eval_prompts`` are answered they may be prompts alone."""
        return self.rows > 0 and self.prompts == 0


class Preferences(Job):
    """Direct alignment on preference files: nothing is sampled but for an evaluation, where one is asked for."""

    kind: Literal["preferences"] = "preferences"
    """What sort of job it is. preferences: the policy learns from pairs of a file."""
    tasks: tuple[PreferenceTask, ...] = Field(min_length=1, max_length=bounds.TASKS)
    """One or more files of pairs; each step takes one batch of every task."""
    evaluation: PairsHeldOut = PairsHeldOut()
    """Before/after measurement: margin and accuracy of held-out pairs, and sampling where asked for."""

    @property
    def source(self) -> str:
        return "raylign.sources.pairs:pairs"
