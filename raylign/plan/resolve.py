"""The plan: a job resolved against a cluster. Which actors, on what, how many samples; stored with the job."""

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from raylign.errors import PlanError
from raylign.judges.askers import Asker
from raylign.plan.check import Checked, check_job
from raylign.plan.cluster import Cluster
from raylign.plan.model_files import ModelInfo, inspect_model
from raylign.spec.job import Job
from raylign.spec.task import Task

Role = Literal["policy", "reference", "rollout", "reward", "judge", "llm-judge"]

GIB = 2**30
PROCESS_BYTES = 0.7 * GIB
"""A worker process with torch before it holds a model; measured 0.5 to 0.8 GiB."""
ENGINE_BYTES = 1.3 * GIB
"""A vLLM process before weights and KV cache; measured 1.2 to 1.4 GiB."""
CHARACTERS_PER_TOKEN = 4
"""For estimates before a tokenizer is loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorPlan:
    """One actor: its name in the Ray dashboard and its bundle of the placement group."""

    name: str
    """``policy/0``, ``rollout/3``."""
    role: Role
    index: int
    cpus: float
    gpus: float
    threads: int
    """Compute threads."""
    model: str
    """Model it holds; several are joined with commas; empty for rule judges."""
    memory_bytes: float
    """Estimate of its resident memory (host memory on CPU, GPU memory on CUDA)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPlan:
    """One task in numbers."""

    name: str
    method: str
    judges: tuple[str, ...]
    reward: str
    prompts: int
    """Lines of its file."""
    prompts_per_step: int
    samples_per_prompt: int
    samples: int
    """Responses per step."""
    max_tokens: int
    weight: float
    kl_max: float | None
    """Where the method has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything derived from the job and the cluster."""

    job: str
    steps: int
    device: Literal["cpu", "cuda"]
    tasks: tuple[TaskPlan, ...]
    actors: tuple[ActorPlan, ...]
    samples_per_step: int
    tokens_per_step: int
    """Upper estimate of prompt plus response tokens of one step."""
    microbatches_per_step: int
    """Estimate, over all ranks."""
    checkpoint_bytes: int
    """Estimate of one checkpoint on disk."""
    max_staleness: int

    def to_dict(self) -> dict[str, Any]:
        """Plain data: what ``raylign plan --json`` prints and the ``plan`` event carries."""
        return asdict(self)

    def of(self, role: Role) -> list[ActorPlan]:
        return [actor for actor in self.actors if actor.role == role]


def make_plan(job: Job, cluster: Cluster, *, checked: Checked | None = None) -> Plan:
    """Resolve ``job`` against ``cluster``. ``checked``: what `check_job` found, where it was asked before.

    Raises `SpecError` for wrong prompts files and model directories, `PlanError` naming what the cluster lacks.
    """
    checked = checked or check_job(job)
    device: Literal["cpu", "cuda"] = "cuda" if _wants_gpu(job, cluster) else "cpu"
    tasks, tokens = [], 0
    for task in job.tasks:
        survey = checked.surveys[task.name]
        planned = _task_plan(job, task, survey.prompts)
        characters = survey.characters / survey.prompts
        tokens += int(planned.samples * (planned.max_tokens + characters / CHARACTERS_PER_TOKEN))
        tasks.append(planned)
    actors = tuple(_actors(job, cluster, device))
    info = inspect_model(job.policy.model)
    plan = Plan(
        job=job.name,
        steps=job.steps,
        device=device,
        tasks=tuple(tasks),
        actors=actors,
        samples_per_step=sum(task.samples for task in tasks),
        tokens_per_step=tokens,
        microbatches_per_step=-(-tokens // job.trainer.tokens_per_microbatch),
        checkpoint_bytes=int(_parameters(info) * (_width(job) + 12)),
        max_staleness=job.rollout.max_staleness,
    )
    check_fits(plan, cluster)
    return plan


def check_fits(plan: Plan, cluster: Cluster) -> None:
    """Raise `PlanError` that says what is missing, where, and which settings ask for it."""
    missing = []
    for resource, asked in (("gpus", "GPUs"), ("cpus", "CPUs")):
        need = sum(getattr(actor, resource) for actor in plan.actors)
        have = sum(getattr(node, resource) for node in cluster.nodes)
        if need > have + 1e-9:
            by_role = Counter[str]()
            for actor in plan.actors:
                by_role[actor.role] += getattr(actor, resource)
            parts = ", ".join(f"{role} {count:g}" for role, count in by_role.items() if count)
            missing.append(f"{need:g} {asked} ({parts}), the cluster has {have:g}")
        largest = max((getattr(node, resource) for node in cluster.nodes), default=0)
        for actor in plan.actors:
            if getattr(actor, resource) > largest + 1e-9 and need <= have + 1e-9:
                missing.append(
                    f"{getattr(actor, resource):g} {asked} on one node for {actor.name}, the largest has {largest:g}"
                )
    memory, room = sum(actor.memory_bytes for actor in plan.actors), cluster.total("memory_bytes")
    if plan.device == "cpu" and memory > room:
        missing.append(f"about {memory / GIB:.1f} GiB of memory, the cluster has {room / GIB:.1f}")
    if missing:
        raise PlanError(
            f"job {plan.job!r} does not fit the cluster. It needs " + "; ".join(missing) + ". Lower `trainer.ranks`, "
            "`rollout.workers`, `rollout.tensor_parallel` or `resources.*`, or add nodes"
        )


def askers(job: Job) -> list[Asker]:
    """Whom judges and methods ask, each once, in the job's order: one engine each."""
    questions = (question for task in job.tasks for one in (*task.judges, task.method) for question in one.asks())
    return list(dict.fromkeys(question.asker for question in questions))


def reward_models(job: Job) -> list[str]:
    """Distinct reward models, in the job's order."""
    return list(dict.fromkeys(task.reward.model for task in job.tasks if task.reward))


def _wants_gpu(job: Job, cluster: Cluster) -> bool:
    if job.resources.device == "auto":
        return cluster.total("gpus") > 0
    return job.resources.device == "cuda"


def _task_plan(job: Job, task: Task, prompts: int) -> TaskPlan:
    return TaskPlan(
        name=task.name,
        method=task.method.type,
        judges=tuple(judge.label for judge in task.judges),
        reward=Path(task.reward.model).name if task.reward else "",
        prompts=prompts,
        prompts_per_step=task.prompts_per_step,
        samples_per_prompt=task.samples_per_prompt,
        samples=task.prompts_per_step * task.samples_per_prompt,
        max_tokens=task.max_tokens or job.rollout.max_tokens,
        weight=task.weight,
        kl_max=task.method.kl_limit,
    )


def _actors(job: Job, cluster: Cluster, device: str) -> list[ActorPlan]:
    resources, gpu = job.resources, device == "cuda"
    threads = resources.threads or max(1, int(max((node.cpus for node in cluster.nodes), default=1)))
    actors: list[ActorPlan] = []

    def add(role: Role, count: int, gpus: float, models: list[str], memory: float) -> None:
        actors.extend(
            ActorPlan(
                name=f"{role}/{index}",
                role=role,
                index=index,
                cpus=resources.cpus_per_actor,
                gpus=gpus if gpu else 0.0,
                threads=threads,
                model=",".join(models),
                memory_bytes=memory,
            )
            for index in range(count)
        )

    policy, ranks = _parameters(inspect_model(job.policy.model)), job.trainer.ranks
    width = _width(job)
    zero = job.trainer.sharding
    trainer_bytes = policy * (
        width / (ranks if zero >= 3 else 1) + width / (ranks if zero >= 2 else 1) + 12 / (ranks if zero >= 1 else 1)
    )
    add("policy", ranks, 1, [job.policy.model], PROCESS_BYTES + trainer_bytes)
    reference = job.reference.model if job.reference else job.policy.model
    add("reference", 1, resources.gpus_per_reference, [reference], PROCESS_BYTES + policy * width)
    rollout = job.rollout
    cache = 0.0 if gpu else rollout.memory_gb * GIB
    add("rollout", rollout.workers, rollout.tensor_parallel, [job.policy.model], ENGINE_BYTES + policy * width + cache)
    if rewards := reward_models(job):
        held = sum(_parameters(inspect_model(model)) for model in rewards) * 4
        add("reward", job.judging.reward_workers, resources.gpus_per_reward, rewards, PROCESS_BYTES + held)
    if any(judge.runs_in == "process" for task in job.tasks for judge in task.judges):
        add("judge", job.judging.workers, 0.0, [], PROCESS_BYTES * (1 + job.judging.processes) / 2)
    for position, asker in enumerate(askers(job)):
        held = _parameters(inspect_model(asker.model)) * 4
        add("llm-judge", 1, resources.gpus_per_llm_judge, [asker.model], ENGINE_BYTES + held + cache)
        actors[-1] = _renumbered(actors[-1], position)
    return actors


def _renumbered(actor: ActorPlan, index: int) -> ActorPlan:
    return ActorPlan(**{**asdict(actor), "index": index, "name": f"{actor.role}/{index}"})


def _parameters(info: ModelInfo | None) -> int:
    return info.parameters if info else 0


def _width(job: Job) -> int:
    return 4 if job.policy.dtype == "float32" else 2
