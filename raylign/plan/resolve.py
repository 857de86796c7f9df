"""The plan: a job resolved against a cluster. Which actors, on what, how many samples; stored with the job."""

from raylign.errors import PlanError
from raylign.plan.check import Checked, check_job
from raylign.plan.cluster import Cluster
from raylign.plan.demand import Demand
from raylign.plan.fit import check_fits
from raylign.plan.memory.terms import Device
from raylign.plan.memory.training import checkpoint
from raylign.plan.plan import ActorPlan, Plan, TaskPlan
from raylign.spec.actors import Actors
from raylign.spec.job import Job
from raylign.spec.task import Task


def make_plan(job: Job, cluster: Cluster, *, checked: Checked | None = None) -> Plan:
    """Resolve ``job`` against ``cluster``. ``checked``: what `check_job` found, where it was asked before.

    Raises `SpecError` for wrong prompts files and model directories, `PlanError` naming what the cluster lacks.
    """
    checked = checked or check_job(job)
    tasks, prompt_tokens, tokens = [], {}, 0
    for task in job.tasks:
        survey = checked.surveys[task.name]
        planned = _task_plan(job, task, survey.prompts)
        prompt_tokens[task.name] = survey.tokens
        tokens += planned.samples * (planned.max_tokens + prompt_tokens[task.name])
        tasks.append(planned)
    device: Device = "cuda" if _wants_gpu(job, cluster) else "cpu"
    if device == "cpu" and job.weights.carrier != "object_store":
        raise PlanError(f"`weights.carrier: {job.weights.carrier}` is between GPUs, and the run has none: leave it out")
    demand = Demand(device=device, models=checked.models, prompt_tokens=prompt_tokens)
    policy = checked.models[job.policy.model]
    plan = Plan(
        job=job.name,
        steps=job.steps,
        device=device,
        tasks=tuple(tasks),
        actors=tuple(_actors(job, cluster, demand)),
        samples_per_step=sum(task.samples for task in tasks),
        tokens_per_step=tokens,
        microbatches_per_step=-(-tokens // job.trainer.tokens_per_microbatch),
        checkpoint_bytes=checkpoint(job, policy) if policy else None,
        max_staleness=job.rollout.max_staleness,
    )
    check_fits(plan, cluster, job, demand)
    return plan


def _wants_gpu(job: Job, cluster: Cluster) -> bool:
    if job.resources.device == "auto":
        return cluster.total("gpus") > 0
    return job.resources.device == "cuda"


def _gpus(job: Job, needed: Actors) -> float:
    """Two processes that share a GPU have half of it in Ray's accounts."""
    shares = job.resources.colocated and needed.role in ("policy", "rollout")
    return needed.gpus / 2 if shares else needed.gpus


def _task_plan(job: Job, task: Task, prompts: int) -> TaskPlan:
    return TaskPlan(
        name=task.name,
        method=task.method.type,
        judges=tuple(judge.label for judge in task.judges),
        reward=task.reward.summary if task.reward else "",
        prompts=prompts,
        prompts_per_step=task.prompts_per_step,
        samples_per_prompt=task.samples_per_prompt,
        samples=task.prompts_per_step * task.samples_per_prompt,
        max_tokens=job.longest_response(task),
        weight=task.weight,
        kl_max=task.method.kl_limit,
    )


def _actors(job: Job, cluster: Cluster, demand: Demand) -> list[ActorPlan]:
    resources, gpu = job.resources, demand.device == "cuda"
    threads = resources.threads or max(1, int(max((node.cpus for node in cluster.nodes), default=1)))
    actors: list[ActorPlan] = []
    for needed in job.actors():
        role, models = needed.role, needed.models
        first = sum(actor.role == role for actor in actors)
        # The first of a role may hold more than the others, and a role may hold other models further on.
        lead, other = (demand.of(job, role, models, rank=first + at) for at in (0, min(1, needed.count - 1)))
        actors.extend(
            ActorPlan(
                name=f"{role}/{index}",
                role=role,
                index=index,
                cpus=resources.cpus_per_actor,
                gpus=_gpus(job, needed) if gpu else 0.0,
                threads=threads,
                model=",".join(models),
                memory=lead if index == first else other,
                unknown=demand.unknown(models),
                host=demand.on_host(job, role, models),
            )
            for index in range(first, first + needed.count)
        )
    return actors
