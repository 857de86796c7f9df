"""KTO: Ethayarajh et al., "Model Alignment as Prospect Theoretic Optimization" (arXiv 2402.01306).

Single responses, each found good or bad: a row's ``label``, or the two sides of a pair, taken apart. A good one is to
have a log-ratio above z0, a bad one below; z0, the reference point, is the mean log-ratio of responses to other prompts
than their own under the weights about to be trained, no less than 0, and a constant of the step.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any, Literal

from pydantic import Field

from raylign import bounds
from raylign.methods.method import Method, Needs
from raylign.methods.selection import Chosen, Scores, Selection, Term, sound
from raylign.objective import Objective
from raylign.types import Completion, Group, Prompt, Sample

MISMATCHED = -1
"""Index of a response that is read after another prompt than its own."""


class KTO(Method):
    """KTO (arXiv 2402.01306): responses that are good or bad by themselves, with no other beside them."""

    type: Literal["kto"] = "kto"
    beta: float = Field(default=0.1, gt=0, le=bounds.FACTOR)
    """Strength of the pull to the reference."""
    desirable_weight: float = Field(default=1.0, gt=0, le=bounds.FACTOR)
    """``lambda_D``, of good responses. Where these are the fewer, raise it: the paper keeps weight times number of one
    sort within 1 to 4/3 of the other's."""
    undesirable_weight: float = Field(default=1.0, gt=0, le=bounds.FACTOR)
    """``lambda_U``, of bad ones."""

    @property
    def needs(self) -> Needs:
        return Needs(present=True)

    @property
    def objective(self) -> Objective:
        return Objective(loss="raylign.losses.unpaired:KTO", settings={"beta": self.beta})

    def select(self, groups: Sequence[Group]) -> Selection:
        """Every response that says something and has a label; for z0, each prompt with what answers the next one."""
        found = sound(groups, _problem)
        return replace(found, beside=_mismatched(found.chosen))

    def weigh(self, selection: Selection, scores: Scores) -> Chosen:
        """One term a response: its weight, below 0 where it is bad, and z0."""
        present = selection.present
        far = [_log_ratio(completion, present, scores) for _, completion in selection.beside]
        z0 = max(0.0, fmean(far)) if far else 0.0
        weights = {True: self.desirable_weight, False: -self.undesirable_weight}
        terms = [
            Term(group=group, samples=(sample,), coefficient=weights[good], targets=(z0,))
            for group, sample, good in _told(selection)
        ]
        return Chosen(terms=terms, figures={"z0": z0})

    def examine(self, selection: Selection, policy: Scores, reference: Scores) -> dict[str, float]:
        """``desirable`` and ``undesirable``, the mean log-ratio of either sort, and, where there are both, ``margin``,
        by how much the first is higher; nats."""
        ratios: dict[bool, list[float]] = {True: [], False: []}
        for _, sample, good in _told(selection):
            ratios[good].append(_log_ratio(sample.completion, policy, reference))
        found = {
            name: fmean(ratios[good]) for name, good in (("desirable", True), ("undesirable", False)) if ratios[good]
        }
        return found | ({"margin": found["desirable"] - found["undesirable"]} if len(found) == 2 else {})


def label(prompt: Prompt) -> bool | None:
    """Whether the one response of its row is good; None where the row does not say so."""
    said: Any = prompt.metadata.get("label")
    return bool(said) if isinstance(said, bool | int) and said in (0, 1) else None


def _problem(group: Group) -> str:
    """Why nothing is learned of it."""
    responses = [sample.completion for sample in group.samples]
    if not responses or not all(response.text.strip() for response in responses):
        return "empty response"
    if len(responses) != 2:
        return "" if len(responses) == 1 and label(group.prompt) is not None else "no label"
    return "identical" if responses[0].token_ids == responses[1].token_ids else ""


def _told(selection: Selection) -> Iterator[tuple[Group, Sample, bool]]:
    """Each response, and whether it is good."""
    for group, samples in selection.chosen:
        good = (True, False) if len(samples) == 2 else (label(group.prompt) is True,)
        yield from ((group, sample, one) for sample, one in zip(samples, good, strict=True))


def _mismatched(chosen: Sequence[tuple[Group, tuple[Sample, ...]]]) -> list[tuple[Prompt, Completion]]:
    """Each prompt with a response to the one after it, whatever order they come in; none where there is one alone."""
    ordered = sorted(chosen, key=lambda one: one[0].prompt.id)
    return [
        (here.prompt, replace(samples[0].completion, prompt_id=here.prompt.id, index=MISMATCHED))
        for (here, _), (there, samples) in zip(ordered, [*ordered[1:], *ordered[:1]], strict=True)
        if here.prompt.id != there.prompt.id
    ]


def _log_ratio(completion: Completion, policy: Scores, reference: Scores) -> float:
    return sum(policy[completion.key]) - sum(reference[completion.key])
