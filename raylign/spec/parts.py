"""The parts of a job: settings that belong together, each under a key of its own."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from raylign import bounds
from raylign.judges.askers import EndpointName
from raylign.secrets import SecretRef
from raylign.settings import Spec
from raylign.spec.zero import Offload, Zero


class LoRA(Spec):
    """Train low-rank adapters (peft) instead of all weights; merged into what is published and saved."""

    rank: int = Field(default=16, ge=1, le=bounds.LORA_RANK)
    """Rank of the update."""
    alpha: float = Field(default=32.0, gt=0, le=bounds.FACTOR)
    """Scale: the update is multiplied by alpha / rank."""
    targets: (
        Annotated[
            tuple[Annotated[str, Field(min_length=1, max_length=bounds.NAME)], ...], Field(max_length=bounds.NAMES)
        ]
        | Literal["all-linear"]
    ) = "all-linear"
    """Module names to adapt."""


class Policy(Spec):
    """The model to train."""

    model: bounds.Model
    """A directory (safetensors, tokenizer, config), or a hub id."""
    dtype: Literal["float32", "bfloat16"] = "bfloat16"
    """Precision of policy, reference and rollout. float32 where trainer and sampler must agree to the last digits."""
    lora: LoRA | None = None
    """Adapters instead of full training."""


class Following(Spec):
    """A reference that comes after the policy: TR-DPO's, "Learn Your Reference Model for Real Good Alignment"
    (arXiv 2404.09656), of any loss that has one."""

    every: int = Field(ge=1, le=bounds.STEPS)
    """Steps from one move to the next: the paper's tau."""
    share: float = Field(default=1.0, gt=0, le=1)
    """``ref <- share * policy + (1 - share) * ref``, weight by weight. 1: its hard update; below: its soft one, whose
    alpha is 0.5 to 0.6 at every step."""


class ReferenceSettings(Spec):
    """What the policy is held to, and where it lies."""

    where: Literal["own", "trainer"] = "own"
    """own: actors of its own. trainer: on the trainer's ranks, in ZeRO-3's shards; or nowhere, where the policy without
    its adapters is the reference."""
    replicas: int = Field(default=1, ge=1, le=bounds.WORKERS)
    """Actors of its own, each with the whole model: they share what is to be scored."""
    model: bounds.Model | None = None
    """A directory, or a hub id, of the policy's architecture and vocabulary; its starting weights where absent."""
    follows: Following | None = None
    """How it comes after the policy; it stays where it is where absent. What is measured against it (KL, margins) is
    measured against where it stands then."""

    @model_validator(mode="after")
    def _is_another(self) -> "ReferenceSettings":
        if not self.model_fields_set & {"model", "follows", "where", "replicas"}:
            raise ValueError("`reference` says nothing of it, neither a `model` nor how it `follows`: leave it out")
        if self.where == "trainer" and self.replicas > 1:
            raise ValueError("`reference.where: trainer` has no actors of its own: leave out `replicas`")
        if self.where == "trainer" and self.follows:
            raise ValueError("`reference.follows` moves the reference's own actors: leave out `where: trainer`")
        return self


class RolloutSettings(Spec):
    """How responses are sampled."""

    engine: Literal["vllm", "transformers"] = "vllm"
    """transformers is slow, and for where vLLM cannot be had."""
    workers: int = Field(default=1, ge=1, le=bounds.WORKERS)
    """Number of engines; requests are spread by load."""
    tensor_parallel: int = Field(default=1, ge=1, le=bounds.GPUS)
    """GPUs of one engine."""
    temperature: float = Field(default=1.0, ge=bounds.MIN_TEMPERATURE, le=bounds.TEMPERATURE)
    """The policy IS the model at this temperature: log-probs everywhere are taken at it."""
    max_tokens: int = Field(default=256, ge=1, le=bounds.TOKENS)
    """Longest response in tokens."""
    context_tokens: int | None = Field(default=None, ge=8, le=bounds.TOKENS)
    """Longest prompt plus response; the model's own limit where absent."""
    memory_gb: float = Field(default=1.0, gt=0, le=bounds.GIGABYTES)
    """KV cache of one engine on CPU, GiB."""
    gpu_memory_fraction: float = Field(default=0.85, gt=0, le=1)
    """Share of a GPU's memory one engine takes."""
    max_staleness: int = Field(default=0, ge=0, le=1)
    """0: strictly on-policy. 1: the next step's generation overlaps training."""


class WeightsSettings(Spec):
    """How new weights travel from the trainer to the rollout workers."""

    carrier: Literal["object_store", "nccl", "cuda_ipc"] = "object_store"
    """object_store: Ray's, anywhere. nccl: from the trainer's GPUs to the engines'. cuda_ipc: where both are on the
    same GPUs, `resources.colocated`. The last two have never run on a GPU."""
    bucket_mb: int = Field(default=64, ge=1, le=bounds.BUCKET_MB)
    """MiB of a bucket: what a trainer rank gathers and an engine takes at a time; a tensor larger than that is one."""

    @property
    def bucket_bytes(self) -> int:
        """The same in bytes."""
        return self.bucket_mb * 2**20


class Schedule(Spec):
    """Learning rate over the run."""

    type: Literal["constant", "linear", "cosine"] = "constant"
    """After warm-up: hold, fall linearly, or fall as a half cosine."""
    warmup_steps: int = Field(default=0, ge=0, le=bounds.STEPS)
    """Steps of linear rise from 0."""
    final: float = Field(default=0.0, ge=0, le=1)
    """Share of the learning rate left at the end (linear, cosine)."""


class TrainerSpec(Spec):
    """The optimizer step."""

    ranks: int = Field(default=1, ge=1, le=bounds.WORKERS)
    """Data-parallel DeepSpeed ranks; one GPU each where there are GPUs."""
    zero_stage: Literal[0, 1, 2, 3] | None = None
    """What ZeRO shards over ranks: 0 nothing, 1 optimizer state, 2 also gradients, 3 also weights.

    By default 1; 0 for one rank, which has nobody to share with, and offloads nothing.
    """
    offload: Offload | None = None
    """What is kept on the host in the place of a GPU."""
    zero: Zero | None = None
    """DeepSpeed's own numbers."""
    learning_rate: float = Field(default=1e-6, gt=0, le=bounds.LEARNING_RATE)
    """Peak learning rate of AdamW."""
    schedule: Schedule = Schedule()
    """Its course."""
    weight_decay: float = Field(default=0.0, ge=0, le=bounds.FACTOR)
    """AdamW's decoupled weight decay."""
    betas: tuple[Annotated[float, Field(ge=0, lt=1)], Annotated[float, Field(ge=0, lt=1)]] = (0.9, 0.95)
    """AdamW's moment decay rates."""
    max_grad_norm: float = Field(default=1.0, gt=0, le=bounds.NORM)
    """Gradients are scaled down to this norm."""
    tokens_per_microbatch: int = Field(default=8192, ge=1, le=bounds.TOKENS)
    """Budget of prompt plus response tokens, padding included, for one forward and backward pass on one rank."""
    gradient_checkpointing: bool = False
    """Recompute activations in the backward pass: less memory, a third more time."""
    task_norms_every: int = Field(default=10, ge=0, le=bounds.STEPS)
    """Steps between measurements of each task's own gradient norm, from the first step on; 0: never. One takes a second
    forward and backward pass over the step; a job of one task needs none."""
    max_correction: float = Field(default=2.0, ge=1, le=bounds.FACTOR)
    """Cap of the importance ratio that corrects stale samples."""

    @property
    def sharding(self) -> int:
        """The ZeRO stage: ``zero_stage``, or its default for this number of ranks."""
        return int(self.ranks > 1 or self.offload is not None) if self.zero_stage is None else self.zero_stage

    @model_validator(mode="after")
    def _zero_does_it(self) -> "TrainerSpec":
        if self.offload and self.sharding == 0:
            raise ValueError("`trainer.offload` is ZeRO's: set `trainer.zero_stage` to 1 or more, or leave it out")
        if self.offload and self.offload.parameters and self.sharding < 3:
            raise ValueError(
                f"`trainer.offload.parameters` keeps shards of the weights on the host, and ZeRO-{self.sharding} has "
                "none, every GPU holds all of them: set `trainer.zero_stage: 3`, or offload the optimizer alone"
            )
        if self.zero and (idle := self.zero.idle(self.sharding)):
            raise ValueError(
                f"`trainer.zero.{idle}` is ZeRO-3's, and stage {self.sharding} runs: set `trainer.zero_stage: 3`, or "
                "leave it out"
            )
        return self


class Judging(Spec):
    """The processes that run rule judges and reward models."""

    workers: int = Field(default=1, ge=1, le=bounds.WORKERS)
    """Judge actors."""
    processes: int = Field(default=2, ge=1, le=bounds.PROCESSES)
    """Child processes of one judge actor: a judge that hangs is killed with its process, alone."""
    reward_workers: int = Field(default=1, ge=1, le=bounds.WORKERS)
    """Reward actors; each holds all reward models of the job but those with ``replicas`` of their own."""


class Checkpoint(Spec):
    """When the run can be resumed from."""

    every: int = Field(default=20, ge=1, le=bounds.STEPS)
    """Steps between checkpoints; the last step always makes one."""
    keep_last: int = Field(default=2, ge=1, le=bounds.STEPS)
    """Older ones go once a new one is committed."""
    store: bounds.Store | None = None
    """A folder of an object store for this run alone, ``s3://bucket/runs/one``, which has its checkpoints, its moved
    reference and its result in place of the run directory: driver and workers then need no disk in common. Accounts and
    keys are each node's environment's."""


class Evaluation(Spec):
    """Before/after, measured on fixed prompts with fixed seeds."""

    every: int | None = Field(default=None, ge=1, le=bounds.STEPS)
    """Also measure every so many steps; start and end always."""
    at: tuple[Annotated[int, Field(ge=0, le=bounds.STEPS)], ...] = Field(default=(), max_length=bounds.EVALUATIONS)
    """And once each of these numbers of steps is made, ``[50, 100]``."""
    prompts: int = Field(default=32, ge=0, le=bounds.EVAL_PROMPTS)
    """Prompts of each task. 0 turns evaluation off."""
    samples: int = Field(default=1, ge=1, le=bounds.EVAL_SAMPLES)
    """Responses to each, sampled as in training. Shares and means are over all of them."""
    greedy: bool = False
    """Take the likeliest token at every place instead: one response a prompt. It measures another policy than the one
    that is trained, and says nothing of its KL."""
    pass_at: tuple[Annotated[int, Field(ge=1, le=bounds.EVAL_SAMPLES)], ...] = Field(default=(), max_length=16)
    """Report the chance that one of k responses satisfies, ``[1, 8]``: estimated without bias from ``samples``."""

    @model_validator(mode="after")
    def _samples_suffice(self) -> "Evaluation":
        if self.greedy and self.samples > 1:
            raise ValueError(f"`greedy` has one response a prompt, `samples` is {self.samples}: leave one of them out")
        most = max(self.pass_at, default=0)
        if most > self.samples:
            raise ValueError(f"`pass_at` {most} needs as many responses, `samples` is {self.samples}: raise it")
        if self.prompts * self.samples > bounds.SAMPLES_PER_STEP:
            raise ValueError(
                f"{self.prompts} prompts with {self.samples} responses each are more than {bounds.SAMPLES_PER_STEP}, "
                "which is what can be held: lower one"
            )
        return self

    def due(self, done: int, steps: int) -> bool:
        """Whether one is made once ``done`` of the job's ``steps`` are."""
        return self.happens and (done in (0, steps, *self.at) or (self.every is not None and done % self.every == 0))

    @property
    def happens(self) -> bool:
        """Whether anything is measured."""
        return self.prompts > 0 or self.answers > 0

    @property
    def needs_answers(self) -> bool:
        """Whether every row of a task's ``eval_prompts`` must hold an answer."""
        return self.answers > 0

    @property
    def answers(self) -> int:
        """Rows of each task of which it reads the answers too."""
        return 0


class Samples(Spec):
    """Responses of the training that `raylign samples` shows; the evaluation shows some in any case."""

    every: int = Field(default=10, ge=0, le=bounds.STEPS)
    """Steps from one showing to the next, and more in a run of so many that a thousand showings would not do; the
    first and the last step's always. 0: none."""
    each: int = Field(default=2, ge=1, le=bounds.SHOWN)
    """Of each task, of the first prompts of its step."""

    def due(self, step: int, steps: int) -> bool:
        """Whether ``step`` of so many, the first of them 0, shows some."""
        return self.every > 0 and (step % max(self.every, -(-steps // bounds.SHOWINGS)) == 0 or step == steps - 1)


class Output(Spec):
    """What becomes of the result besides the run directory's ``model/``."""

    push_to: str | None = Field(default=None, pattern=bounds.HUB_ID, max_length=bounds.NAME)
    """A hub id, `org/name`: pushed there once the run has ended whole. The token is the environment's, `HF_TOKEN`."""
    private: bool = True
    """Whether a model that is made there is seen by its owners alone."""
    adapter: bool = False
    """Push the adapters alone, as peft reads them, not the merged model; for `policy.lora`."""


class Secrets(Spec):
    """Keys of one's own for what the run calls on, in place of the operator's: names of secrets that the service keeps
    (`raylign secrets set NAME`), never the keys themselves."""

    hub: SecretRef | None = None
    """The hub's token, `secret://NAME`: for `output.push_to` and prompts of the hub."""
    wandb: SecretRef | None = None
    """W&B's key."""
    mlflow: SecretRef | None = None
    """A bearer token for MLflow's server."""
    endpoints: dict[EndpointName, SecretRef] = Field(default_factory=dict, max_length=bounds.CONDITIONS)
    """For endpoints that the job asks, by their names: `{my-service: secret://NAME}`."""


class Deadlines(Spec):
    """Longest waits, in seconds. One that expires names the job, the worker and the phase."""

    start_s: float = Field(default=600, gt=0, le=bounds.DEADLINE_S)
    """Placement and loading of all actors."""
    generate_s: float = Field(default=1800, gt=0, le=bounds.DEADLINE_S)
    """One step's responses."""
    judge_s: float = Field(default=600, gt=0, le=bounds.DEADLINE_S)
    """One call of a judge or reward worker, from its start: at most 256 questions, or 64 responses to reward; for rule
    judges beyond what their own limits allow."""
    score_s: float = Field(default=600, gt=0, le=bounds.DEADLINE_S)
    """16 forward passes of the reference."""
    step_s: float = Field(default=1800, gt=0, le=bounds.DEADLINE_S)
    """One optimizer step, or the trainer's scoring of held-out responses."""
    publish_s: float = Field(default=600, gt=0, le=bounds.DEADLINE_S)
    """One publish to all rollout workers."""
    checkpoint_s: float = Field(default=1800, gt=0, le=bounds.DEADLINE_S)
    """One checkpoint."""
    push_s: float = Field(default=7200, gt=0, le=bounds.DEADLINE_S)
    """The result, to the hub."""
