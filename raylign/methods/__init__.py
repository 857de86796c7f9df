"""Methods: how feedback becomes loss terms. One file each, read beside its paper; no tensors here.

A method works in two halves around the reference model:

    select   groups -> which completions to score, and why the others are skipped
    weigh    scored completions -> examples with their constants

The matching loss stands in `raylign.losses.task_loss`.
"""

from collections.abc import Sequence

from raylign.methods import codpo, crpg, crraft, grpo, oaif
from raylign.methods.selection import Chosen, Scores, Selection, Term
from raylign.spec.methods import CODPO, CRPG, CRRAFT, GRPO, OAIF, MethodSpec
from raylign.types import Group

__all__ = ["Chosen", "Scores", "Selection", "Term", "moving", "select", "weigh"]


def select(method: MethodSpec, groups: Sequence[Group]) -> Selection:
    """The completions of one task's batch that take part in the step."""
    match method:
        case CRPG(calibrate=calibrate):
            return crpg.select(groups, calibrate=calibrate)
        case CODPO():
            return codpo.select(groups)
        case CRRAFT():
            return crraft.select(groups)
        case OAIF():
            return oaif.select(groups)
        case GRPO(judge_bonus=judge_bonus):
            return grpo.select(groups, judge_bonus=judge_bonus)


def weigh(method: MethodSpec, selection: Selection, scores: Scores) -> Chosen:
    """The task's loss terms, once the reference model has scored what `select` named."""
    match method:
        case CRPG(kl_max=kl_max, calibrate=calibrate):
            return crpg.weigh(selection, scores, kl_max=kl_max, calibrate=calibrate)
        case CRRAFT(kl_max=kl_max):
            return crraft.weigh(selection, scores, kl_max=kl_max)
        case CODPO():
            return codpo.weigh(selection, scores)
        case OAIF():
            return oaif.weigh(selection, scores)
        case GRPO(judge_bonus=judge_bonus):
            return grpo.weigh(selection, scores, judge_bonus=judge_bonus)


def moving(method: MethodSpec, terms: Sequence[Term]) -> list[Term]:
    """The terms that have a gradient. A constant of 0 takes it away, but for GRPO's penalty, which stands beside it."""
    penalized = isinstance(method, GRPO) and method.beta > 0
    return [term for term in terms if penalized or term.coefficient]
