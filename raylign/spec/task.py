"""A task: its prompts, its feedback, its method, its share of the step."""

from collections import Counter
from typing import Annotated, Literal

from pydantic import Field, model_validator

from raylign import bounds
from raylign.acquisition.acquisition import Acquisition
from raylign.judges.judge import Judge
from raylign.judges.kinds import AnyJudge
from raylign.methods import AnyMethod
from raylign.methods.method import Method
from raylign.rewards.overlong import AnyOverlong
from raylign.rewards.reward import Part
from raylign.rewards.sum import AnyReward
from raylign.settings import Spec
from raylign.spec.chat import TemplateArguments
from raylign.spec.prompts import Prompts

_REWARDS = "`reward: {type: rules}`, the share of its judges that are satisfied, or `reward: {model: ...}`"


class Task(Spec):
    """One task of the mixture (CGPO, Algorithm 2)."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$", max_length=32)
    """Lower-case letters, digits, dashes. Metrics carry it."""
    prompts: Prompts
    """What it trains on."""
    eval_prompts: Prompts | None = None
    """What before/after is measured on; prompts held out where absent."""
    holdout: float = Field(default=0.1, ge=0, le=0.5)
    """Share of the prompts that is measured on and never trained on, where there are no ``eval_prompts``. Which ones
    goes by what they say, so that copies of a prompt stay together. 0: measure on the training prompts."""
    system: str | None = Field(default=None, min_length=1, max_length=bounds.TEMPLATE)
    """A system's turn before its prompts, where they have none of their own. It makes a conversation of a plain prompt,
    put by the policy's chat template."""
    chat_template_kwargs: TemplateArguments = Field(default_factory=dict)
    """What the policy's chat template is told beside the turns: ``{enable_thinking: false}``."""
    weight: float = Field(default=1.0, gt=0, le=bounds.FACTOR)
    """``rho_l``: the task's weight in the step's gradient."""
    per: Literal["response", "token", "limit"] = "response"
    """What counts alike in its loss. response: every response, the method's own mean over them. token: every token of
    its responses, so the loss is a mean over tokens. limit: every token too, but each response's sum is divided by the
    task's ``max_tokens``, whatever the others' lengths. The last two are not for methods whose loss is of pairs."""
    prompts_per_step: int = Field(default=16, ge=1, le=bounds.PROMPTS_PER_STEP)
    """``B_l``: prompts drawn for each step."""
    samples_per_prompt: int = Field(default=4, ge=1, le=bounds.SAMPLES_PER_PROMPT)
    """``K``: responses sampled for each prompt."""
    max_tokens: int | None = Field(default=None, ge=1, le=bounds.TOKENS)
    """Longest response in tokens; the rollout's setting where absent."""
    min_tokens: int = Field(default=0, ge=0, le=bounds.TOKENS)
    """Tokens that a response has at least. Ends are barred till then, for sampler, trainer and reference alike: so the
    policy is another distribution for it, which never learns there whether to end."""
    stop: tuple[Annotated[str, Field(min_length=1, max_length=bounds.STOP)], ...] = Field(
        default=(), max_length=bounds.STOPS
    )
    """Texts at which a response ends, ``["Question:"]``, beside the policy's own end. Judges and rewards read what
    stands before one; the tokens that spell it are the policy's, and are trained on."""
    reward: AnyReward | None = None
    """A number for every response. Where it names no ``type`` it is a reward model."""
    overlong: AnyOverlong | None = None
    """What becomes of responses that come to ``max_tokens``; nothing special where absent."""
    baseline: Literal["reference", "data"] | None = None
    """``a_bar`` of eq. 5: one response of the reference model made before training, or the file's ``baseline``. CRPG,
    CRRAFT and XPO need it; ``reference`` for them where absent."""
    judges: tuple[AnyJudge, ...] = Field(default=(), max_length=bounds.JUDGES)
    """Its constraints; all must hold. Leave out for the ablation without judges."""
    enforce_judges: bool = True
    """False: judges are asked and reported but constrain nothing. Shows what reward alone does to them. A reward that
    goes by what they say (``rules``) still does."""
    short_circuit: bool = True
    """Whether judges that ask a model are spared in training where one that is a program is violated already: one
    violation decides. The evaluation asks all, and so does a step whose judges constrain nothing, or make
    the reward."""
    method: AnyMethod
    """How feedback becomes a gradient."""

    @model_validator(mode="after")
    def _feedback_suffices(self) -> "Task":
        method, needs = f"method {self.method.type!r}", self.method.needs
        if needs.reward and self.reward is None and not self.brings_rewards:
            raise ValueError(f"{method} ranks responses by reward: add {_REWARDS}")
        if needs.annotator and needs.annotator.needs_reward and self.reward is None:
            raise ValueError(f"an annotator of type {needs.annotator.type!r} needs the task's reward: add {_REWARDS}")
        if needs.sampled_baseline and self.baseline == "data":
            raise ValueError(f"{method} compares with what the reference says: leave out `baseline: data`")
        if needs.compares == "two" and self.samples_per_prompt != 2:
            raise ValueError(
                f"{method} compares two responses: samples_per_prompt is {self.samples_per_prompt}, set it to 2"
            )
        if needs.compares in ("all", "several") and self.samples_per_prompt < 2:
            raise ValueError(f"{method} compares a prompt's responses: set samples_per_prompt to 2 or more")
        if self.per != "response" and self.method.objective.over_tokens is None:
            raise ValueError(
                f"{method} has a loss of whole responses, in which no token has a part of its own: leave out `per`"
            )
        if self.per == "limit" and self.max_tokens is None:
            raise ValueError("`per: limit` divides by the task's longest response: set its `max_tokens`")
        labels = Counter(judge.label for judge in self.judges)
        repeated = sorted(label for label, count in labels.items() if count > 1)
        if repeated:
            raise ValueError(f"two judges are called {repeated[0]!r}: give each a `name`")
        self.method.fits(self.judges)
        for part in self.reward_parts:
            part.fits(self.judges)
        if self.overlong:
            self.overlong.fits(self.reward_parts)
        return self

    @property
    def sparing(self) -> bool:
        """Whether a judge whose word changes nothing need not be asked: nobody reads it for itself."""
        read = self.rewards_verdicts or self.method.needs.every_verdict
        return self.short_circuit and self.enforce_judges and not read

    @property
    def feedback(self) -> tuple[Judge | Part | Method, ...]:
        """All that its feedback comes of, of whatever kind."""
        return (*self.judges, *self.reward_parts, self.method)

    @property
    def reward_parts(self) -> tuple[Part, ...]:
        """Of its reward; none where it has none."""
        return self.reward.parts() if self.reward else ()

    @property
    def judges_baseline(self) -> bool:
        """Whether ``a_bar`` is put to the judges, for the method's sake or the reward's."""
        return self.method.needs.judged_baseline or self.rewards_verdicts

    @property
    def rewards_verdicts(self) -> bool:
        """Whether its reward goes by what the judges say, each of them."""
        return self.reward is not None and self.reward.hears_judges

    @property
    def acquisition(self) -> Acquisition | None:
        """Which of its rows are learned from; all where there is none."""
        return None

    @property
    def brings_rewards(self) -> bool:
        """Whether its responses come with their rewards: nobody need be asked for them."""
        return False

    @property
    def heard_on_prompts(self) -> bool:
        """Whether judges and reward are asked about responses to ``prompts``, or to ``eval_prompts`` alone."""
        return True

    @property
    def baseline_source(self) -> Literal["reference", "data"] | None:
        """Where ``a_bar`` comes from, or None for methods that have no calibrated reward."""
        return (self.baseline or "reference") if self.method.needs.baseline else None
