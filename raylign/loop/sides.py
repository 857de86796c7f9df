"""Two models measured on the same prompts: each metric of both, and how far chance alone may have moved it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from raylign.interval import Bounds, newcombe, paired, wilson
from raylign.loop.evaluate import Evaluated
from raylign.loop.shown import shown
from raylign.record.events.tasks import ShownSample, TaskEvaluation
from raylign.types import Group

SIDES = ("base", "result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One metric of both. Bounds are of 95 %, None where they are not known."""

    name: str
    share: bool
    """Of responses, from 0 to 1; else a mean."""
    values: tuple[float | None, float | None]
    bounds: tuple[Bounds | None, Bounds | None] = (None, None)
    change: Bounds | None = None
    """Bounds of the second less the first: zero between them, and it may be chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What was found."""

    task: str
    prompts: int
    rows: Sequence[Row]
    samples: Sequence[tuple[ShownSample, ShownSample]]
    """The first responses of the first prompts, of both."""

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "task": self.task,
            "prompts": self.prompts,
            "metrics": {
                row.name: {
                    **dict(zip(SIDES, row.values, strict=True)),
                    "bounds": dict(zip(SIDES, row.bounds, strict=True)),
                    "change": row.change,
                }
                for row in self.rows
            },
            "samples": [
                {"prompt": base.prompt, "base": asdict(base), "result": asdict(result)} for base, result in self.samples
            ],
        }


def sides(found: Mapping[str, Evaluated], task: str, *, samples: int) -> Sides:
    """The two of ``SIDES`` against each other; ``samples``: how many prompts' responses are kept to be shown."""
    first, last = (found[side].tasks[task] for side in SIDES)
    groups = [found[side].groups[task] for side in SIDES]
    counts = (first.prompts, last.prompts)
    rows = [
        _share("satisfied", first.satisfied, last.satisfied, counts),
        *(
            _share(label, share, last.judges.get(label), (first.asked.get(label), last.asked.get(label)))
            for label, share in first.judges.items()
        ),
        _share("cut off", first.truncated, last.truncated, counts),
        _reward(first, last, *groups),
        Row(name="tokens", share=False, values=(first.tokens, last.tokens)),
    ]
    pairs = [(shown(base), shown(result)) for base, result in zip(*groups, strict=True)]
    return Sides(task=task, prompts=len(pairs), rows=rows, samples=pairs[:samples])


def _share(name: str, base: float | None, result: float | None, prompts: tuple[int | None, int | None]) -> Row:
    return Row(
        name=name,
        share=True,
        values=(base, result),
        bounds=(wilson(base, prompts[0]), wilson(result, prompts[1])),
        change=newcombe(base, result, prompts),
    )


def _reward(first: TaskEvaluation, last: TaskEvaluation, base: Sequence[Group], result: Sequence[Group]) -> Row:
    """Its change is measured prompt by prompt, where both have one."""
    means = [(_mean_reward(one), _mean_reward(other)) for one, other in zip(base, result, strict=True)]
    changes = [after - before for before, after in means if before is not None and after is not None]
    return Row(name="reward", share=False, values=(first.reward, last.reward), change=paired(changes))


def _mean_reward(group: Group) -> float | None:
    known = [sample.reward for sample in group.samples if sample.reward is not None]
    return fmean(known) if known else None
