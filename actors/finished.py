"""What is done with a finished run's model: measured beside the one that it came from, and talked to."""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from actors.imports import without_torch
from raylign.errors import SpecError
from raylign.plan.cluster import local_node
from raylign.record.events.payloads import Payload, Status, Warned
from raylign.record.rundir import RunDirectory
from raylign.spec import Job, parse_job
from raylign.spec.recipe import one_job

if TYPE_CHECKING:
    from raylign.loop.evaluate import Evaluated
    from raylign.spec.kinds.measure import Measure


def measuring_options(parser: argparse.ArgumentParser) -> None:
    """Of ``python -m actors eval``."""
    parser.add_argument("--run-dir", type=Path, required=True)
    parser.add_argument("--prompts", type=Path, required=True)
    parser.add_argument("--base", help="another model than the one the run began with")
    parser.add_argument("--task")
    parser.add_argument("--greedy", action="store_true")
    parser.add_argument("--samples", type=int, default=1)
    parser.add_argument("--shown", type=int, default=3, help="prompts whose responses are shown")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(command=_eval)


def chat_options(parser: argparse.ArgumentParser) -> None:
    """Of ``python -m actors chat``."""
    parser.add_argument("--run-dir", type=Path, required=True)
    parser.add_argument("--base", action="store_true", help="the model the run began with")
    parser.add_argument("--system")
    parser.add_argument("--temperature", type=float, help="the run's where absent; 0: the likeliest token")
    parser.add_argument("--max-tokens", type=int)
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(command=_chat)


def _read(path: Path) -> tuple[RunDirectory, Job]:
    run = RunDirectory(path)
    return run, one_job(parse_job(run.job(), source=str(run.job_path)), repr(str(run.path)))


def _finished_model(run: RunDirectory) -> str:
    if not run.model_path.is_dir():
        raise SpecError(f"{str(run.path)!r} has no model yet: `raylign run --resume {run.path}` goes on with it")
    return str(run.model_path)


def _eval(options: argparse.Namespace) -> int:
    from raylign.loop.sides import SIDES, sides
    from raylign.show.sideview import show_sides
    from raylign.spec.kinds.measure import measure

    run, job = _read(options.run_dir)
    models = (options.base or job.policy.model, _finished_model(run))
    told = {"task": options.task, "greedy": options.greedy, "samples": options.samples}
    jobs = {side: measure(job, model, options.prompts, **told) for side, model in zip(SIDES, models, strict=True)}
    found = asyncio.run(measured(jobs, f"{job.name}-eval-{time.strftime('%Y%m%d-%H%M%S')}"))
    compared = sides(found, jobs["base"].tasks[0].name, samples=options.shown)
    if options.json:
        print(json.dumps(compared.to_dict()))
    else:
        show_sides(compared, Console())
    return 0


async def measured(jobs: "Mapping[str, Measure]", job_id: str) -> "Mapping[str, Evaluated]":
    """Each on a fleet of its own, one after another; what goes on is told on standard error."""
    import ray

    from actors.cluster.connection import connect

    with without_torch():
        from actors.measuring import measure_all

    if not ray.is_initialized():
        connect(namespace=job_id, dashboard=False)
    return await measure_all(jobs, job_id=job_id, emit=_tell)


def _tell(said: Payload) -> None:
    match said:
        case Status(phase=phase, detail=detail):
            print(f"{phase}: {detail}", file=sys.stderr)
        case Warned(message=message):
            print(f"warning: {message}", file=sys.stderr)


def _chat(options: argparse.Namespace) -> int:
    from actors.chatting import Chat, Manner, converse

    run, job = _read(options.run_dir)
    told = options.temperature
    manner = Manner(
        temperature=job.rollout.temperature if told is None else told,
        max_tokens=options.max_tokens or job.rollout.max_tokens,
        system=options.system,
    )
    model = job.policy.model if options.base else _finished_model(run)
    device = "cuda" if local_node().gpus else "cpu"
    converse(Chat(model, manner, dtype=job.policy.dtype, device=device), sys.stdin, as_json=options.json)
    return 0
