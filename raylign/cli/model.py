"""A run's model: talked to, and measured beside the one it came from. The workers' side does both."""

from pathlib import Path
from typing import Annotated

import typer

from raylign import bounds
from raylign.cli.libraries import Libraries, allow
from raylign.cli.options import AsJson, RunDir
from raylign.cli.workers import become
from raylign.errors import SpecError
from raylign.record.rundir import RunDirectory


def chat(
    run: RunDir,
    base: Annotated[bool, typer.Option("--base", help="Talk to the model the run began with.")] = False,
    system: Annotated[str | None, typer.Option(help="A system's turn before the conversation.")] = None,
    temperature: Annotated[
        float | None,
        typer.Option(min=0, max=bounds.TEMPERATURE, help="The run's where absent; 0: the likeliest token."),
    ] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, max=bounds.TOKENS, help="Longest answer.")] = None,
    as_json: AsJson = False,
) -> None:
    """Talk to a run's model: a line is a turn. Models without a chat template read each line as it is."""
    _require(run, base=base)
    told = {"--system": system, "--temperature": temperature, "--max-tokens": max_tokens}
    words = [word for name, value in told.items() if value is not None for word in (name, str(value))]
    become("chat", "--run-dir", str(run), *words, *["--base"] * base, *["--json"] * as_json)


def evaluate(
    run: RunDir,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Prompts, as a job's tasks take them.")],
    task: Annotated[str | None, typer.Option(help="Whose judges and reward measure, where there are several.")] = None,
    greedy: Annotated[
        bool, typer.Option("--greedy", help="Take the likeliest token; sampled as in training else.")
    ] = False,
    count: Annotated[int, typer.Option("--samples", min=1, max=bounds.EVAL_SAMPLES, help="Responses a prompt.")] = 1,
    base: Annotated[str | None, typer.Option(help="Beside another model than the run began with.")] = None,
    shown: Annotated[int, typer.Option(min=0, max=bounds.SHOWN, help="Prompts whose responses are shown.")] = 3,
    libraries: Libraries = "",
    as_json: AsJson = False,
) -> None:
    """Measure a run's model and the one it began with on a file of prompts, side by side, with 95 % intervals."""
    _require(run, base=False)
    if not file.exists():
        raise SpecError(f"there is no {str(file)!r}: name a file of prompts")
    if greedy and count > 1:
        raise SpecError("--greedy has one response a prompt: leave out --samples")
    allow(libraries)
    told = {"--task": task, "--base": base, "--samples": count, "--shown": shown}
    words = [word for name, value in told.items() if value is not None for word in (name, str(value))]
    switches = [*["--greedy"] * greedy, *["--json"] * as_json]
    become("eval", "--run-dir", str(run), "--prompts", str(file), *words, *switches)


def _require(run: Path, *, base: bool) -> None:
    """Raise `SpecError` where there is no run, or none of its own model that is asked for."""
    directory = RunDirectory(run)
    directory.job()
    if not base and not directory.model_path.is_dir():
        raise SpecError(f"{str(run)!r} has no model yet: `raylign run --resume {run}` goes on with it")
