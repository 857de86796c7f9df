"""The plan for people."""

from rich.console import Console
from rich.table import Table

from raylign.plan.resolve import GIB, Plan


def show_plan(plan: Plan, console: Console) -> None:
    """Tasks, actors and the arithmetic of a step."""
    tasks = Table("task", "method", "judges", "reward", "B", "K", "samples", "max tokens", "rho", "KL max", box=None)
    for task in plan.tasks:
        tasks.add_row(
            task.name,
            task.method,
            ", ".join(task.judges) or "none",
            task.reward or "none",
            str(task.prompts_per_step),
            str(task.samples_per_prompt),
            str(task.samples),
            str(task.max_tokens),
            f"{task.weight:g}",
            "" if task.kl_max is None else f"{task.kl_max:g}",
        )
    actors = Table("actor", "CPUs", "GPUs", "threads", "memory", "model", box=None)
    for actor in plan.actors:
        actors.add_row(
            actor.name,
            f"{actor.cpus:g}",
            f"{actor.gpus:g}",
            str(actor.threads),
            f"{actor.memory_bytes / GIB:.1f} GiB",
            actor.model,
        )
    memory = sum(actor.memory_bytes for actor in plan.actors) / GIB
    console.print(f"[bold]{plan.job}[/]: {plan.steps} steps on {plan.device}, max staleness {plan.max_staleness}\n")
    console.print(tasks)
    console.print()
    console.print(actors)
    console.print(
        f"\nA step: {plan.samples_per_step} samples, at most about {plan.tokens_per_step} tokens, "
        f"about {plan.microbatches_per_step} microbatches."
        f"\nMemory: about {memory:.1f} GiB. A checkpoint: about {plan.checkpoint_bytes / 2**20:.0f} MiB."
    )
