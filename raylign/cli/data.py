"""A data file, looked at before anything is made of it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from raylign import bounds
from raylign.cli.columns import Columns, renamed
from raylign.cli.options import AsJson
from raylign.cli.workers import become
from raylign.errors import SpecError

if TYPE_CHECKING:
    from raylign.spec.prompts import Prompts


def data(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file, a directory, a pattern of them, hf://org/name.")],
    model: Annotated[
        str | None, typer.Option(help="The policy: lengths are in its tokens, prompts as it reads them.")
    ] = None,
    columns: Columns = None,
    split: Annotated[str | None, typer.Option(help="Which part of a dataset that has several, `test`.")] = None,
    subset: Annotated[str | None, typer.Option(help="Which configuration of a dataset of the hub.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, max=bounds.PROMPTS, help="The first so many rows alone.")] = None,
    context: Annotated[
        int | None,
        typer.Option(
            min=8, max=bounds.TOKENS, help="Tokens of prompt and response together; the model's own if absent."
        ),
    ] = None,
    max_tokens: Annotated[
        int | None,
        typer.Option(min=1, max=bounds.TOKENS, help="Of them, the response's; as `init` sets them if absent."),
    ] = None,
    system: Annotated[str | None, typer.Option(help="A system's turn before each prompt.")] = None,
    holdout: Annotated[float, typer.Option(min=0, max=0.5, help="Share that is held out for the evaluation.")] = 0.1,
    shown: Annotated[int, typer.Option("-n", min=0, max=bounds.SHOWN, help="Prompts to show.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Show what is understood of a data file: columns, unusable rows, lengths, prompts as the policy reads them."""
    from raylign.plan.model_files import find_model
    from raylign.show.dataview import counting, show_data
    from raylign.sources.inspection import inspect

    prompts = named(file, columns or (), split=split, subset=subset, limit=limit)
    if model is not None:
        find_model(model)  # raises before torch is imported
        told = {"--context": context, "--max-tokens": max_tokens, "--system": system}
        words = [word for name, value in told.items() if value is not None for word in (name, str(value))]
        words += ["--holdout", str(holdout), "--shown", str(shown), *["--json"] * as_json]
        become("data", "--model", model, "--prompts", prompts.model_dump_json(), *words)
    if given := [name for name, value in {"--context": context, "--max-tokens": max_tokens}.items() if value]:
        raise SpecError(f"{given[0]} is in tokens of the policy: name it by --model")
    with counting(Console(stderr=True)) as tell:
        found = inspect(prompts, holdout=holdout, shown=shown, tell=tell)
    if as_json:
        print(json.dumps(found.to_dict()))
    else:
        show_data(found, Console())
    found.require_usable()


def named(file: str, columns: Sequence[str], **settings: Any) -> "Prompts":
    """Where prompts come from, as the command line says it. Raises `SpecError`."""
    from raylign.spec.load import parse_prompts
    from raylign.spec.prompts import HUB

    path = file if file.startswith(HUB) else str(Path(file).expanduser())
    given = {name: value for name, value in settings.items() if value is not None}
    return parse_prompts({"path": path, "columns": renamed(columns), **given}, source="the data")
