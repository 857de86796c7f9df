"""The pure parts of LLM judges and annotators: what they read, and how two log-probabilities become an answer.

Nothing is sampled. A judge's verdict is P(negative) > P(positive) of the next token (CGPO, section 6); an annotator's
preference is the mean of P(first) over both orders (OAIF, arXiv 2402.04792).
"""

import math

from raylign.judges.annotators import LLMAnnotator
from raylign.judges.ruling import SATISFIED, Ruling, abstained, violated
from raylign.judges.templates import Show, asked, fill
from raylign.spec.judges import LLMJudge
from raylign.types import Preference, Prompt

JUDGE_VARIABLES = frozenset({"prompt", "messages", "metadata", "response"})
"""What a judge's template is given."""
ANNOTATOR_VARIABLES = frozenset({"prompt", "messages", "metadata", "first", "second"})
"""What an annotator's template is given."""
MAX_ANNOTATED_CHARS = 20_000
"""Longer responses are cut before an annotator sees them."""


def question(spec: LLMJudge, prompt: Prompt, response: str, show: Show) -> str:
    """What the judge reads of one response. Raises one of `raylign.judges.templates.FAILURES` (missing metadata)."""
    return fill(spec.template, show, **asked(prompt), response=response[: spec.max_response_chars])


def decide(spec: LLMJudge, logp_positive: float, logp_negative: float) -> Ruling:
    """Violated iff P(negative) > P(positive); abstains when both together have less than ``min_mass``."""
    positive, negative = math.exp(logp_positive), math.exp(logp_negative)
    # Written so that NaN abstains too.
    if not positive + negative >= spec.min_mass:
        return abstained("no answer")
    if negative > positive:
        return violated(f"P({spec.negative.strip()}) {negative:.2f} > P({spec.positive.strip()}) {positive:.2f}")
    return SATISFIED


def comparison(spec: LLMAnnotator, prompt: Prompt, first: str, second: str, show: Show) -> str:
    """What the annotator reads of two responses in this order. Ask again with them exchanged. Raises as `question`."""
    responses = {"first": first[:MAX_ANNOTATED_CHARS], "second": second[:MAX_ANNOTATED_CHARS]}
    return fill(spec.template, show, **asked(prompt), **responses)


def prefer(spec: LLMAnnotator, forward: tuple[float, float], backward: tuple[float, float]) -> Preference:
    """``p = 1/2 [ P(first | y1, y2) + 1 - P(first | y2, y1) ]``, P normalized over the two tokens.

    ``forward``, ``backward``: log-probabilities of (``spec.first``, ``spec.second``) with y1, and with y2, shown first.
    Abstains when the two tokens together have less than ``min_mass`` in either order.
    """
    chances = []
    for logp_first, logp_second in (forward, backward):
        first, second = math.exp(logp_first), math.exp(logp_second)
        if not first + second >= spec.min_mass or first + second == 0:
            return Preference(probability=None, reason="no answer")
        chances.append(first / (first + second))
    return Preference(probability=(chances[0] + 1 - chances[1]) / 2)
