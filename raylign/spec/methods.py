"""Methods as a job names them: a union on ``type``. A method's settings live only here; defaults are vetted."""

from typing import Annotated, Literal

from pydantic import Field

from raylign import bounds
from raylign.settings import Spec


class CRPG(Spec):
    """Calibrated-Regularized Policy Gradient (CGPO, eq. 8, 11, 12)."""

    type: Literal["crpg"] = "crpg"
    kl_max: float = Field(default=10.0, gt=0, le=bounds.FACTOR)
    """``KL_max``, nats per response: at this log-ratio the reward factor reaches 0."""
    calibrate: bool = True
    """False: ``sigmoid(r)`` in place of ``sigmoid(r - r(a_bar))``, no baseline response. An ablation."""


class CODPO(Spec):
    """Constrained Online DPO (CGPO, eq. 15): best satisfying against worst violating response."""

    type: Literal["codpo"] = "codpo"
    beta: float = Field(default=0.1, gt=0, le=bounds.FACTOR)
    """Strength of the pull to the reference."""
    likelihood_weight: float = Field(default=0.1, ge=0, le=bounds.FACTOR)
    """``lambda``: weight of the length-normalised log-likelihood of the winner."""


class CRRAFT(Spec):
    """Calibrated-Regularized Reward Ranking Finetuning (CGPO, eq. 17, 18)."""

    type: Literal["crraft"] = "crraft"
    kl_max: float = Field(default=10.0, gt=0, le=bounds.FACTOR)
    """``KL_max``, nats per response: samples with a larger log-ratio are not considered."""


class LLMAnnotator(Spec):
    """A language model asked which of two responses is better, in both orders; compares P("1") and P("2")."""

    type: Literal["llm"] = "llm"
    model: bounds.Model
    """A directory, or a hub id."""
    template: bounds.Template
    """Jinja template over ``prompt`` (of several turns: all of them), ``messages``, ``first``, ``second`` and
    ``metadata``."""
    first: bounds.Answer = "1"
    """Token that votes for the first response. Must be one token."""
    second: bounds.Answer = "2"
    """Token that votes for the second response. Must be one token."""
    min_mass: float = Field(default=0.2, ge=0, le=1)
    """Abstain when the two tokens together have less probability than this in either order."""


class RewardAnnotator(Spec):
    """The task's reward model in the annotator's place: prefers the response with the higher reward."""

    type: Literal["reward"] = "reward"


class OAIF(Spec):
    """Online AI feedback (arXiv 2402.04792): two samples, an annotator, a direct-alignment loss."""

    type: Literal["oaif"] = "oaif"
    loss: Literal["dpo", "ipo", "slic"] = "dpo"
    """Which pairwise loss."""
    beta: float = Field(default=0.1, gt=0, le=bounds.FACTOR)
    """The loss's beta. The paper uses 0.1 for DPO, 1.0 for IPO, 0.002 for SLiC."""
    annotator: Annotated[LLMAnnotator | RewardAnnotator, Field(discriminator="type")]
    """Who says which response is better."""


class GRPO(Spec):
    """Group Relative Policy Optimization (arXiv 2402.03300), for comparison: judges constrain nothing."""

    type: Literal["grpo"] = "grpo"
    clip: float = Field(default=0.2, gt=0, lt=1)
    """The ratio of new to sampling probability counts within 1 - clip and 1 + clip."""
    beta: float = Field(default=0.04, ge=0, le=bounds.FACTOR)
    """Weight of the KL penalty per token."""
    judge_bonus: float = Field(default=0.0, ge=0, le=bounds.FACTOR)
    """Added to the reward of a response that satisfies every judge. 0: judges are asked and reported, no more."""


MethodSpec = Annotated[CRPG | CODPO | CRRAFT | OAIF | GRPO, Field(discriminator="type")]
