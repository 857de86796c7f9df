"""The plan for people."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from raylign.plan.memory.terms import GIB
from raylign.plan.plan import Plan

SEEN = 0.005 * GIB
"""The least that two digits show."""


def show_plans(plans: Sequence[Plan], console: Console) -> None:
    """Of a job its one; of a recipe each stage's."""
    for number, plan in enumerate(plans, 1):
        if len(plans) > 1:
            console.print(f"\nstage {number} of {len(plans)}")
        show_plan(plan, console)


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
            "unknown" if actor.unknown else f"{actor.memory_bytes / GIB:.1f} GiB",
            actor.model,
        )
    checkpoint = "unknown" if plan.checkpoint_bytes is None else f"about {plan.checkpoint_bytes / 2**20:.0f} MiB"
    console.print(f"[bold]{plan.job}[/]: {plan.steps} steps on {plan.device}, max staleness {plan.max_staleness}\n")
    console.print(tasks)
    console.print()
    console.print(actors)
    console.print(
        f"\nA step: {plan.samples_per_step} samples, at most about {plan.tokens_per_step} tokens, "
        f"about {plan.microbatches_per_step} microbatches."
        f"\nA checkpoint: {checkpoint}.\n"
    )
    console.print(_memory(plan))
    if plan.device == "cpu":
        console.print(f"\nMemory: about {plan.memory_bytes / GIB:.1f} GiB, what processes share counted once.")
    if plan.unknown:
        console.print(f"\nUnknown is the memory of what is not on this machine: {', '.join(plan.unknown)}.")


def _memory(plan: Plan) -> Table:
    """Where memory goes, a row for actors that are alike: the largest terms first, those too small to see left out."""
    table = Table("memory", "GiB", box=None)
    told = set()
    for actor in plan.actors:
        terms = sorted(actor.memory.items(), key=lambda term: -term[1])
        if not actor.unknown and (kind := (actor.role, actor.model, *terms)) not in told:
            told.add(kind)
            table.add_row(actor.name, _sizes(terms))
            if actor.host:
                table.add_row("on its host", _sizes(sorted(actor.host.items(), key=lambda term: -term[1])))
    return table


def _sizes(terms: Sequence[tuple[str, float]]) -> str:
    return ", ".join(f"{name} {size / GIB:.2f}" for name, size in terms if size >= SEEN)
