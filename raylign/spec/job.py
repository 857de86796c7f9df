"""A job: what a user writes in YAML or JSON, and what ``POST /v1/jobs`` takes, as far as all kinds are alike."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import ClassVar, Self

from pydantic import Field, model_validator

from raylign import bounds
from raylign.judges.askers import Asker, Endpoint, Engine
from raylign.objective import Reads
from raylign.rewards.raters import Head
from raylign.settings import Spec
from raylign.spec.actors import Actors
from raylign.spec.parts import (
    Checkpoint,
    Deadlines,
    Evaluation,
    Judging,
    Output,
    Policy,
    ReferenceSettings,
    RolloutSettings,
    Samples,
    Secrets,
    TrainerSpec,
    WeightsSettings,
)
from raylign.spec.resources import Resources
from raylign.spec.task import Task
from raylign.trackers.kinds import AnyTracker
from raylign.types import Layout


class Job(Spec):
    """What every job says, and what plan and loop ask of it. A kind is a class of this (`raylign.spec.kinds`)."""

    kind: str
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", max_length=64)
    """What people call it."""
    seed: int = Field(default=0, ge=0, le=bounds.SEED)
    """Decides prompt order, sampling and everything else random."""
    steps: int = Field(ge=1, le=bounds.STEPS)
    """Optimizer steps."""
    policy: Policy
    """What is trained."""
    reference: ReferenceSettings | None = None
    """What the policy is held to; its starting weights where absent."""
    tasks: tuple[Task, ...] = Field(min_length=1, max_length=bounds.TASKS)
    """One or more; each step takes one batch of every task."""
    rollout: RolloutSettings = RolloutSettings()
    """Settings of sampling."""
    weights: WeightsSettings = WeightsSettings()
    """The way of new weights to who samples."""
    trainer: TrainerSpec = TrainerSpec()
    """Settings of the optimizer step."""
    judging: Judging = Judging()
    """The processes that judge and reward."""
    checkpoint: Checkpoint = Checkpoint()
    """Settings of checkpoints."""
    evaluation: Evaluation = Evaluation()
    """Before/after measurement."""
    samples: Samples = Samples()
    """Responses that people can read."""
    output: Output = Output()
    """What becomes of the result."""
    trackers: tuple[AnyTracker, ...] = Field(default=(), max_length=bounds.TRACKERS)
    """Where its curves go besides the run directory, which has TensorBoard's always."""
    secrets: Secrets = Secrets()
    """Keys of one's own, by the names of secrets."""
    deadlines: Deadlines = Deadlines()
    """Longest waits."""
    resources: Resources = Resources()
    """What actors ask of the cluster."""
    max_empty_steps: int = Field(default=5, ge=1, le=bounds.STEPS)
    """Stop after this many steps in a row in which no task had a sample to learn from: none usable, or no gradient."""

    stages: ClassVar[tuple["Job", ...]] = ()
    """Of a recipe (`raylign.spec.recipe`), which it is not."""

    @property
    def jobs(self) -> tuple["Job", ...]:
        """What runs: itself."""
        return (self,)

    @property
    def extent(self) -> str:
        """How much it is, in words."""
        return f"{self.steps} steps"

    @property
    @abstractmethod
    def source(self) -> str:
        """Who makes its steps' groups, ``"raylign.sources.online:online"``; see `raylign.sources.source.opened`."""

    @property
    def rolls_out(self) -> bool:
        """Whether the policy is asked for responses: by the evaluation alone, where the kind does not say more."""
        return self.evaluation.prompts > 0

    @property
    def scores_reference(self) -> bool:
        """Whether the reference's log-probs are asked for."""
        return any(task.method.needs.reference for task in self.tasks)

    @property
    def rates(self) -> bool:
        """Whether what it trains gives a number for a whole conversation, not next tokens."""
        return False

    @property
    def layout(self) -> Layout:
        """How its sequences lie in a batch."""
        return "aligned"

    def longest_response(self, task: Task) -> int:
        """Tokens that a response of ``task`` may have."""
        return task.max_tokens or self.rollout.max_tokens

    @property
    def bars_ends(self) -> bool:
        """Whether some responses may not end at once."""
        return any(task.min_tokens for task in self.tasks)

    @property
    def held_to(self) -> str:
        """The reference model, as it starts."""
        return self.other_reference or self.policy.model

    @property
    def other_reference(self) -> str | None:
        """The model that is held to in the place of the policy's own starting weights."""
        return self.reference.model if self.reference else None

    @property
    def reads(self) -> frozenset[Reads]:
        """What its losses read of the reference beside log-probs. Where that is anything, each trainer rank has it."""
        return frozenset[Reads]().union(*(task.method.objective.reads for task in self.tasks))

    @property
    def has_learned_loss(self) -> bool:
        """Whether a loss has weights of its own."""
        return any(task.method.objective.learned for task in self.tasks)

    @property
    def lends_reference(self) -> bool:
        """Whether the policy without its adapters is the reference. Not under ZeRO-3: it gathers for its own passes."""
        return self.policy.lora is not None and self.held_to == self.policy.model and self.trainer.sharding < 3

    @property
    def hosts_reference(self) -> bool:
        """Whether the trainer's ranks score what the reference makes of responses."""
        return self.scores_reference and self.reference is not None and self.reference.where == "trainer"

    def actors(self) -> Iterator[Actors]:
        """Whom it needs, in the plan's order; who samples and judges only where the policy rolls out."""
        policy, resources = self.policy.model, self.resources
        yield Actors(role="policy", count=self.trainer.ranks, gpus=1, models=(policy,))
        if self.scores_reference and not self.hosts_reference:
            count, gpus = self.reference.replicas if self.reference else 1, resources.gpus_per_reference
            yield Actors(role="reference", count=count, gpus=gpus, models=(self.held_to,))
        if self.rolls_out:
            gpus = self.rollout.tensor_parallel
            yield Actors(role="rollout", count=self.rollout.workers, gpus=gpus, models=(policy,))
            yield from self._who_judges()

    def _who_judges(self) -> Iterator[Actors]:
        judging, resources = self.judging, self.resources
        for held, workers in groupby(self.heads_of_workers()):
            gpus = float(held[0].gpus) if held[0].gpus > 1 else resources.gpus_per_reward
            models = tuple(head.model for head in held)
            yield Actors(role="reward", count=len(list(workers)), gpus=gpus, models=models)
        judges = (judge.runs_in for task in self.tasks for judge in task.judges)
        parts = (part.runs_in for task in self.tasks for part in task.reward_parts)
        if "process" in {*judges, *parts}:
            yield Actors(role="judge", count=judging.workers, gpus=0.0, models=())
        for asker in self.askers():
            gpus = asker.gpus(resources.gpus_per_llm_judge)
            yield Actors(role=asker.role, count=asker.replicas, gpus=gpus, models=asker.models)

    def engines(self) -> list[Engine]:
        """Whose each engine of judges is, in the plan's order."""
        return [one for one in self.askers() if isinstance(one, Engine) for _ in range(one.replicas)]

    def endpoints(self) -> list[Endpoint]:
        """The services that are called, in the plan's order."""
        return [one for one in self.askers() if isinstance(one, Endpoint)]

    def askers(self) -> list[Asker]:
        """Whom judges, rewards and methods ask, each once, in the order of tasks."""
        questions = (question for task in self.tasks for one in task.feedback for question in one.asks())
        endpoints = (endpoint for task in self.tasks for part in task.reward_parts for endpoint in part.endpoints())
        return list(dict.fromkeys([*(question.asker for question in questions), *endpoints]))

    def heads_of_workers(self) -> list[tuple[Head, ...]]:
        """The reward models that each reward actor holds, by its index: those that share come first."""
        heads = self.heads()
        shared = tuple(head for head in heads if head.actors is None)
        alone = [(head,) for head in heads for _ in range(head.actors or 0)]
        return [*([shared] * self.judging.reward_workers if shared else []), *alone]

    def heads(self) -> list[Head]:
        """Distinct reward models, in the order of tasks."""
        return list(dict.fromkeys(head for task in self.tasks for part in task.reward_parts for head in part.heads()))

    @model_validator(mode="after")
    def _responses_have_room(self) -> Self:
        for task in self.tasks:
            longest = self.longest_response(task)
            if task.min_tokens > longest:
                raise ValueError(
                    f"task {task.name!r} asks for responses of at least {task.min_tokens} tokens, and they have at "
                    f"most {longest}: raise `max_tokens`, or lower `min_tokens`"
                )
        return self

    @model_validator(mode="after")
    def _somebody_asks_the_reference(self) -> Self:
        if self.reference and not self.scores_reference:
            raise ValueError("no method of the job asks a reference: leave out `reference`")
        if self.reference and self.reference.follows and self.reads:
            raise ValueError(
                "`reference.follows` moves the reference actor, and a task's loss reads one beside the policy: leave "
                "it out, or choose a loss of log-probs"
            )
        return self

    @model_validator(mode="after")
    def _weights_can_be_carried(self) -> Self:
        carrier = self.weights.carrier
        if carrier != "object_store" and self.rollout.engine != "vllm":
            raise ValueError(f"`weights.carrier: {carrier}` is vLLM's: leave out `rollout.engine`, or the carrier")
        if (carrier == "cuda_ipc") > self.resources.colocated:
            raise ValueError(
                "`weights.carrier: cuda_ipc` shares a GPU's memory: set `resources.colocated: true`, or nccl"
            )
        if carrier == "nccl" and self.resources.colocated:
            raise ValueError("nccl does not join two processes on one GPU: set `weights.carrier: cuda_ipc`")
        if self.resources.colocated and (self.rollout.workers, self.rollout.tensor_parallel) != (self.trainer.ranks, 1):
            raise ValueError(
                f"`resources.colocated` puts an engine of one GPU beside each of {self.trainer.ranks} trainer ranks: "
                f"set `rollout.workers: {self.trainer.ranks}` and `rollout.tensor_parallel: 1`"
            )
        return self

    @model_validator(mode="after")
    def _trainer_can_host_the_reference(self) -> Self:
        if self.hosts_reference and self.trainer.sharding < 3 and not self.lends_reference:
            raise ValueError(
                "`reference.where: trainer` lays it out in shards beside the policy's: set `trainer.zero_stage: 3`; or "
                "train adapters (`policy.lora`) on the very model that it is"
            )
        return self

    @model_validator(mode="after")
    def _weights_of_losses_can_be_trained(self) -> Self:
        if self.has_learned_loss and self.trainer.sharding == 3:
            raise ValueError(
                "`trainer.zero_stage` 3 cannot train a loss with weights of its own (what gets no gradient in a step "
                "keeps its last one there): set it to 2 or less"
            )
        return self

    @model_validator(mode="after")
    def _evaluations_come(self) -> Self:
        late = max(self.evaluation.at, default=0)
        if late > self.steps:
            raise ValueError(f"`evaluation.at` names step {late}, and the job ends after {self.steps}")
        return self

    @model_validator(mode="after")
    def _tasks_differ(self) -> Self:
        names = Counter(task.name for task in self.tasks)
        repeated = sorted(name for name, count in names.items() if count > 1)
        if repeated:
            raise ValueError(f"two tasks are called {repeated[0]!r}: names must differ")
        return self

    @model_validator(mode="after")
    def _limits_fit(self) -> Self:
        for task in self.tasks:
            if task.overlong:
                task.overlong.fits_limit(self.longest_response(task))
        return self

    @model_validator(mode="after")
    def _there_are_adapters_to_push(self) -> Self:
        if self.output.adapter and self.policy.lora is None:
            raise ValueError("`output.adapter` pushes adapters, and the policy has none: add `policy.lora`")
        return self

    @model_validator(mode="after")
    def _secrets_are_for_endpoints_that_are_asked(self) -> Self:
        asked = {one.endpoint for one in self.endpoints()}
        if strange := sorted(self.secrets.endpoints.keys() - asked):
            raise ValueError(
                f"`secrets.endpoints` names {strange[0]!r}, and the job asks {', '.join(sorted(asked)) or 'none'}"
            )
        return self

    @model_validator(mode="after")
    def _trackers_differ(self) -> Self:
        types = Counter(tracker.label for tracker in self.trackers)
        repeated = sorted(name for name, count in types.items() if count > 1)
        if repeated:
            raise ValueError(f"two `trackers` are of type {repeated[0]!r}: name each once")
        return self
