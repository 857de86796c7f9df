"""Explanations of a job's policy, sampled and scored. The workers' side does it."""

from pathlib import Path
from typing import Annotated

import typer

from raylign import bounds
from raylign.cli.libraries import Libraries, allow
from raylign.cli.options import AsJson, JobFile
from raylign.cli.workers import become
from raylign.errors import SpecError


def explain(
    job: JobFile,
    prompts: Annotated[Path, typer.Argument(metavar="PROMPTS", help="Prompts whose right choice is known.")],
    out: Annotated[Path, typer.Argument(metavar="SCORED", help="The file to write, which `raylign pairs` takes.")],
    task: Annotated[str | None, typer.Option(help="Whose reward scores, where there are several.")] = None,
    count: Annotated[int, typer.Option("--samples", min=2, max=bounds.EVAL_SAMPLES, help="Answers a prompt.")] = 4,
    answer: Annotated[str, typer.Option(help="The metadata that holds a prompt's right choice.")] = "answer",
    libraries: Libraries = "",
    as_json: AsJson = False,
) -> None:
    """Have a job's policy explain its choices: answers with their scores, and a consultant's where none is right."""
    for file in (job, prompts):
        if not file.exists():
            raise SpecError(f"there is no {str(file)!r}")
    if out.absolute() in (job.absolute(), prompts.absolute()):
        raise SpecError(f"{str(out)!r} is read here: name another file to write")
    allow(libraries)
    told = {"--job": job, "--prompts": prompts, "--out": out, "--task": task, "--samples": count, "--answer": answer}
    words = [word for name, value in told.items() if value is not None for word in (name, str(value))]
    become("explain", *words, *["--json"] * as_json)
