"""What travels through the loop: prompts, completions, verdicts, examples. No tensors here.

Everything crosses process boundaries, so everything is frozen and picklable.

    Prompt -> Completion -> Sample (a completion with its verdicts and reward) -> Group (a prompt's samples)
           -> Example (what one loss term needs) -> the trainer
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from raylign.verdicts import Verdict, satisfies

Message = Mapping[str, str]
"""One chat turn, ``{"role": "user", "content": "Hi"}``."""

Layout: TypeAlias = Literal["aligned", "flush"]
"""How sequences lie in a padded batch. aligned: prompts end, and responses begin, at one column, so that prompts that
several responses follow are alike, to be read once. flush: sequences begin at one column, with all padding behind them,
which is the least that a rectangle can have."""

Key: TypeAlias = tuple[str, int | None]
"""(prompt id, index) of a completion."""


Memory: TypeAlias = Mapping[str, Any]
"""What a method knows of the steps before, as plain data: what JSON gives back as it took it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One line of a task's prompts file, rendered with the policy's chat template and tokenised."""

    task: str
    """Name of the task that owns it."""
    id: str
    """Stable name of the line, ``"math/17"``: task and zero-based line number."""
    text: str
    """What the policy reads, template included."""
    question: str
    """What the user wrote: the plain prompt, or the last user message. Judges and people read this one."""
    messages: tuple[Message, ...]
    """The conversation; a plain prompt is one user turn."""
    token_ids: tuple[int, ...]
    """``text`` in the policy's vocabulary."""
    templated: bool = False
    """Whether the policy's chat template made ``text``."""
    baseline: str | None = None
    """The golden response that came with the data, if any."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """What rule judges need: ``{"answer": "42"}``, ``{"unit_tests": [...]}``, ``{"if_requirements": [...]}``."""

    @property
    def asked(self) -> dict[str, Any]:
        """It as rows of a file have it: a conversation, or plain text where no template made it."""
        return {"messages": [dict(turn) for turn in self.messages]} if self.templated else {"prompt": self.text}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One completion wanted from a rollout worker."""

    prompt: Prompt
    index: int
    """0 .. samples_per_prompt - 1."""
    seed: int
    """Decides this completion alone: a function of (run seed, step, task, prompt, index)."""
    temperature: float = 1.0
    max_tokens: int = 32
    stop: tuple[str, ...] = ()
    """Texts that end it once it spells one."""
    min_tokens: int = 0
    """It does not end before it has so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One response: of the policy, of the reference, or of the data."""

    prompt_id: str
    index: int | None
    """Which of its prompt's samples, 0 .. samples_per_prompt - 1; None: the prompt's baseline response."""
    text: str
    """Decoded, without special tokens, up to where a stop string begins."""
    token_ids: tuple[int, ...]
    """Includes the end token when ``finish == "stop"``, or those that spell the stop string."""
    logprobs: tuple[float, ...]
    """Log-probability of each token under the distribution it was sampled from (temperature included); empty where the
    policy did not make it."""
    finish: Literal["stop", "length"]
    version: int | None
    """Version of the policy's weights that made it; None: the reference or the data did."""
    barred: int = 0
    """How many of its first tokens could not be an end: they were sampled from what is left without those."""

    @property
    def logprob(self) -> float:
        """Log-probability of the whole response, the paper's ``log pi(a|s)``."""
        return sum(self.logprobs)

    @property
    def key(self) -> Key:
        """Tells it from all others of a step."""
        return self.prompt_id, self.index

    def staleness(self, version: int) -> int | None:
        """Optimizer steps from the weights that made it to ``version``; None where the policy did not make it."""
        return None if self.version is None else version - self.version


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """Which of two responses an annotator prefers. ``probability is None`` is an abstention."""

    probability: float | None
    """Chance in [0, 1] that the first is better, averaged over both orders."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """What one part of the task's reward gave a response. ``value is None`` is an abstention."""

    reward: str
    """The part's label."""
    value: float | None
    """As the part gave it, before it was weighed. Finite."""
    reason: str = ""
    """Abstentions are counted by it, as a `raylign.verdicts.Verdict`'s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A completion with everything that was said of it."""

    completion: Completion
    verdicts: tuple[Verdict, ...]
    """One of every judge that the prompt has, as `raylign.verdicts.hear` makes them; none where there is none, or they
    are to constrain nothing."""
    reward: float | None = None
    """Of the task's reward, all its parts together; None where there is none, or it abstained (see
    ``reward_problem``)."""
    reward_problem: str = ""
    ratings: tuple[Rating, ...] = ()
    """One of each part of the reward."""
    must_fit: bool = True
    """Whether it violates by being beyond the reward model's context. Where judges constrain nothing it does not: it
    has no reward, no more."""
    asked: bool = True
    """Whether anybody was asked about it: nobody is about a file's."""

    @property
    def satisfied(self) -> bool | None:
        """What the judges say together (`raylign.verdicts.satisfies`)."""
        return satisfies(self.verdicts, reward_problem=self.reward_problem if self.must_fit else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What a judge said of a canary, a response whose verdict is known (`raylign.sources.canaries`)."""

    judge: str
    gold: bool
    """What it should have said."""
    word: bool | None
    """What it said; None where it abstained."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A prompt with its K samples, its baseline response where the task has one, and the annotator's word."""

    prompt: Prompt
    samples: tuple[Sample, ...]
    baseline: Sample | None = None
    """``a_bar`` of CGPO eq. 5, judged and rewarded."""
    preference: Preference | None = None
    """Of samples[0] over samples[1], where the method asks an annotator."""
    pool: tuple[float, ...] = ()
    """Rewards of the reference's own responses to the prompt, where the method asks for some; without abstentions."""
    sightings: tuple[Sighting, ...] = ()
    """Of the canaries that rode with its samples. They are no responses of the policy, and count for nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """Prompt and response tokens as the trainer sees them."""

    prompt_ids: tuple[int, ...]
    response_ids: tuple[int, ...]
    behavior: tuple[float, ...]
    """Log-probs of the response under the weights that sampled it. Equal length to ``response_ids``, or empty where
    nobody sampled it and no reference is asked."""
    reference: tuple[float, ...]
    """Log-probs under the reference model; empty where its method needs none."""
    barred: int = 0
    """How many first tokens of the response could not be an end."""
    target: float = 0.0
    """The constant that its method has for it beside the others of its example: a log-ratio asked of it, nats."""
    credit: tuple[float, ...] = ()
    """Of every token of the response, in place of the example's ``coefficient``; empty where all of them have that."""

    def __len__(self) -> int:
        return len(self.prompt_ids) + len(self.response_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One term of a task's loss: one sequence, a (chosen, rejected) pair, or several of a prompt. Never split over
    microbatches."""

    task: str
    """Names the loss: the trainer holds one per task."""
    sequences: tuple[Sequence, ...]
    coefficient: float = 1.0
    """The constant in front of the term: an advantage, a calibrated reward."""
    weight: float = 1.0
    """``rho_l / n_l``, or by tokens (``per`` of a task): the step's gradient is the plain sum of weight * gradient over
    all examples of all tasks."""
    staleness: int | None = 0
    """Optimizer steps between the weights that sampled it and the weights being trained; None: not all of it is the
    policy's own (a baseline response), so there is nothing to correct and no sampler log-prob to compare with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighedText:
    """A response, token by token, and what each counts for in its loss."""

    tokens: tuple[str, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStats:
    """What the trainer says of one optimizer step."""

    loss: float
    """Sum over tasks of rho_l times the task's mean loss."""
    loss_by_task: Mapping[str, float]
    metrics_by_task: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """What each task's loss measured, over its examples: ``{"chat": {"margin": 0.3, "accuracy": 0.75}}``."""
    grad_norm: float
    """Before clipping."""
    grad_norm_by_task: Mapping[str, float] = field(default_factory=dict)
    """Of each task's weight * loss alone, before clipping: its part in the step. Measured every
    ``trainer.task_norms_every`` steps, and known where one task has all the examples; empty elsewhere."""
    task_norms_s: float = field(default=0.0, compare=False)
    """Seconds that measuring them took, over and above the step; 0 where nothing was measured."""
    learning_rate: float
    logprob_gap_max: float = 0.0
    """Largest |trainer - sampler| token log-prob difference over examples with staleness 0: the mismatch metric."""
    logprob_gap_mean: float = 0.0
    tokens: int = 0
    """Response tokens trained on."""
    microbatches: int = 0
    padding: float = 0.0
    """Share of the padded batch area that was padding."""
    weighed_by_task: Mapping[str, tuple[WeighedText, ...]] = field(default_factory=dict)
    """Of tasks whose loss weighs tokens, the responses of one example, in steps that show samples."""
