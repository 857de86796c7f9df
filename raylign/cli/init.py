"""A first job, written for a model and a data set."""

import json
from pathlib import Path
from typing import Annotated

import typer

from raylign.cli.columns import Columns, renamed
from raylign.cli.options import AsJson
from raylign.errors import SpecError


def init(
    model: Annotated[str, typer.Option(help="The model to train: a directory, or a hub id.")],
    prompts: Annotated[str, typer.Option(help="What to train on: a file, a directory, hf://org/name.")],
    eval_prompts: Annotated[str | None, typer.Option(help="What to measure on, never trained on.")] = None,
    columns: Columns = None,
    method: Annotated[str, typer.Option(help="How feedback becomes a gradient.")] = "crpg",
    judge: Annotated[
        list[str] | None,
        typer.Option(
            help="What must hold: `math`, `{type: length, maximum: 80}`; may be given again. Proposed where absent."
        ),
    ] = None,
    reward: Annotated[str | None, typer.Option(help="A reward model; the judges' word where absent.")] = None,
    out: Annotated[Path, typer.Option(help="Where the job is written. What is there is left alone.")] = Path(
        "job.yaml"
    ),
    as_json: AsJson = False,
) -> None:
    """Write a job with comments for a model and a data set, that passes `raylign check`."""
    from raylign.plan.draft import Wish, draft
    from raylign.plan.stages import check_work, together
    from raylign.spec.document import read_yaml
    from raylign.spec.kinds import KINDS
    from raylign.spec.load import parse_job

    if out.exists():
        raise SpecError(f"{str(out)!r} is there already: name another by --out")
    wish = Wish(
        model=model,
        prompts=prompts,
        eval_prompts=eval_prompts,
        columns=renamed(columns or ()),
        method=method,
        judges=judge or (),
        reward=reward,
    )
    text = draft(wish, out)
    drafted = parse_job(read_yaml(text.encode()), root=out.resolve().parent, source="the job", kinds=KINDS)
    made = together(drafted, check_work(drafted))
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise SpecError(f"cannot write {str(out)!r}: {error.strerror}") from error
    if as_json:
        print(json.dumps({"job": str(out), **made.to_dict()}))
        return
    for warning in made.warnings:
        typer.echo(f"warning: {warning}", err=True)
    print(f"{out}: written, and fine. `raylign plan {out}` says what it takes, `raylign run {out}` runs it")
