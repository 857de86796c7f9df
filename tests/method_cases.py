"""Groups as tables, and a method run on them: for numbers worked out by hand."""

from dataclasses import replace

from fakes import make_completion, make_prompt

from raylign.judges.annotator import RewardAnnotator
from raylign.methods import CODPO, CRPG, CRRAFT, GRPO, OAIF, RLOO, VCB, XPO, Lagrangian, NashMD, ReinforcePP
from raylign.types import Group, Sample
from raylign.verdicts import Verdict

OAIF_METHOD = OAIF(annotator=RewardAnnotator())
METHODS = [
    CRPG(kl_max=10.0),
    CODPO(),
    CRRAFT(kl_max=10.0),
    GRPO(judge_bonus=1.0),
    RLOO(judge_bonus=1.0),
    ReinforcePP(judge_bonus=1.0),
    Lagrangian(),
    NashMD(judge_bonus=1.0),
    OAIF_METHOD,
    VCB(),
    XPO(),
]


def sample(prompt, index, *, reward=0.0, satisfied=True, logprob=-1.0, tokens=3):
    return Sample(
        completion=make_completion(prompt, index, logprob=logprob, tokens=tokens),
        verdicts=(Verdict(judge="j", satisfied=satisfied),),
        reward=reward,
        reward_problem="" if reward is not None else "not finite",
    )


def group(*samples_of, baseline=None, number=0, preference=None, pool=()):
    """``samples_of``: (reward, satisfied) or (reward, satisfied, logprob) per sample; every response has 3 tokens, and
    one of them alone."""
    prompt = make_prompt(number=number)
    samples = tuple(
        unlike(sample(prompt, index, reward=row[0], satisfied=row[1], logprob=row[2] if row[2:] else -1.0 - index / 8))
        for index, row in enumerate(samples_of)
    )
    a_bar = None if baseline is None else sample(prompt, None, reward=baseline[0], satisfied=baseline[1])
    return Group(prompt=prompt, samples=samples, baseline=a_bar, preference=preference, pool=pool)


def unlike(one):
    """Of tokens that no other of its prompt's responses has."""
    token_ids = one.completion.token_ids
    return replace(one, completion=replace(one.completion, token_ids=(one.completion.index, *token_ids[1:])))


def scores(groups, logprob=-1.0):
    """Reference log-probs: the same for every token."""
    found = {}
    for one in groups:
        for each in (*one.samples, *([one.baseline] if one.baseline else [])):
            found[each.completion.key] = (logprob,) * len(each.completion.token_ids)
    return found


def run(method, groups, reference=-1.0):
    selection = method.select(groups)
    chosen = method.weigh(selection, scores(groups, reference))
    return chosen, selection.skips + chosen.skips
