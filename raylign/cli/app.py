"""The ``raylign`` command: its commands, in the order of its help."""

import sys
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import typer
from rich.console import Console

from raylign import __version__
from raylign.cli.audit import audit
from raylign.cli.data import data
from raylign.cli.datasets import datasets
from raylign.cli.demo import demo
from raylign.cli.explain import explain
from raylign.cli.get_model import get_model
from raylign.cli.init import init
from raylign.cli.job_file import check, plan, schema
from raylign.cli.jobs import cancel, delete, jobs, pause, resume, retry, submit, watch
from raylign.cli.judge import judge
from raylign.cli.keys import keys
from raylign.cli.label import label
from raylign.cli.label_queues import label_queues
from raylign.cli.model import chat, evaluate
from raylign.cli.monitor import monitor
from raylign.cli.pairs import pairs
from raylign.cli.quotas import quotas
from raylign.cli.report import report
from raylign.cli.run import run
from raylign.cli.samples import samples
from raylign.cli.secrets import secrets
from raylign.cli.serve import serve
from raylign.cli.webhooks import webhooks
from raylign.errors import RaylignError, SpecError
from raylign.show.terminal import soften_streams


def main() -> None:
    """Entry point: deliberate errors are printed as one sentence, with exit status 2 for a wrong job, else 1."""
    soften_streams()
    try:
        _command()()
    except RaylignError as error:
        Console(stderr=True).print(f"error: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2 if isinstance(error, SpecError) else 1)


@cache
def _command() -> Callable[[], Any]:
    return typer.main.get_command(app)


def version() -> None:
    """Print the version."""
    print(__version__)


app = typer.Typer(
    name="raylign",
    help="Align language models on Ray: constrained RLHF with a mixture of judges (CGPO), online AI feedback.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
COMMANDS: Mapping[str, Callable[..., None]] = {
    "data": data,
    "explain": explain,
    "pairs": pairs,
    "label": label,
    "init": init,
    "check": check,
    "plan": plan,
    "run": run,
    "serve": serve,
    "monitor": monitor,
    "demo": demo,
    "submit": submit,
    "watch": watch,
    "jobs": jobs,
    "pause": pause,
    "resume": resume,
    "cancel": cancel,
    "retry": retry,
    "delete": delete,
    "get-model": get_model,
    "samples": samples,
    "chat": chat,
    "eval": evaluate,
    "report": report,
    "judge": judge,
    "quotas": quotas,
    "audit": audit,
    "schema": schema,
    "version": version,
}
for name, command in COMMANDS.items():
    app.command(name)(command)
app.add_typer(keys, name="keys")
app.add_typer(datasets, name="datasets")
app.add_typer(webhooks, name="webhooks")
app.add_typer(secrets, name="secrets")
app.add_typer(label_queues, name="label-queues")
