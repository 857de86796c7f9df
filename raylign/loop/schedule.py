"""Learning rate as a pure function of the step, so that a resumed run cannot differ."""

import math

from raylign.spec.parts import TrainerSpec


def learning_rate(trainer: TrainerSpec, *, step: int, steps: int) -> float:
    """Learning rate of zero-based ``step`` in a run of ``steps``.

    Warm-up rises in equal steps and peaks at its last step; linear and cosine then fall to ``final`` times the peak,
    which the step after the last would have.
    """
    peak, schedule = trainer.learning_rate, trainer.schedule
    if step < schedule.warmup_steps:
        return peak * (step + 1) / schedule.warmup_steps
    progress = min(1.0, (step - schedule.warmup_steps) / max(1, steps - schedule.warmup_steps))
    match schedule.type:
        case "constant":
            return peak
        case "linear":
            share = 1 - progress
        case "cosine":
            share = (1 + math.cos(math.pi * progress)) / 2
    return peak * (schedule.final + (1 - schedule.final) * share)
