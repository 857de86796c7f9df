"""What a run says of itself, as a numbered stream: the one source of console, metrics files, report and gateway.

kind         data
status       {"phase": str, "detail": str}                       what happens or is waited for right now
plan         the plan, as `Plan.to_dict`
evaluation   {"step": int, "tasks": {task: TaskEvaluation}}       before (step 0), during, after (step == steps)
step         {"step": int, "steps": int, "version": int, "staleness": int, "tasks": {task: metrics},
              "train": {"loss", "grad_norm", "learning_rate", "logprob_gap_max", "logprob_gap_mean", "padding"},
              "seconds": {phase: s}, "step_s": float, "tokens": int, "tokens_per_s": float}
checkpoint   {"step": int, "path": str}
warning      {"message": str}
end          {"state": "succeeded" | "failed" | "cancelled", "message": str, "model": str | None, "report": str | None}

Task metrics of a step: ``satisfied``, ``abstained``, ``truncated`` (shares of responses), ``reward``, ``calibrated``
(means; null where the task has none), ``kl`` (nats per response against the reference), ``tokens`` (mean response
length), ``prompts`` (how many there were), ``examples`` (loss terms), ``judges`` {label: share satisfied}, ``asked``
{label: prompts on which it had a word}, ``skips`` {reason: count}.

A TaskEvaluation has the same but for ``calibrated``, ``examples`` and ``skips``, and ``samples``: a few of
{"prompt", "response", "satisfied", "reward", "verdicts": {label: reason}}.
"""

import time
from collections.abc import Callable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

EventKind = Literal["status", "plan", "evaluation", "step", "checkpoint", "warning", "end"]


Emit = Callable[[EventKind, dict[str, Any]], None]
"""Says something: ``emit(kind, data)``."""


class Event(BaseModel):
    """One line of ``events.jsonl``; one server-sent event of the gateway."""

    model_config = ConfigDict(frozen=True)

    seq: int
    """1, 2, 3, ... within a job, over all its attempts, without gaps."""
    time: float = Field(default_factory=time.time)
    """Unix seconds."""
    kind: EventKind
    data: dict[str, Any]
