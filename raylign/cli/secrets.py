"""Secrets at a gateway: set, listed by name, deleted."""

import json
import sys
from typing import Annotated

import typer
from rich.console import Console

from raylign.cli.connection import connect
from raylign.cli.options import DEFAULT_HOME, AsJson, HomeFolder, Url

Name = Annotated[str, typer.Argument(metavar="NAME", help="What jobs call it: secret://NAME.")]

secrets = typer.Typer(no_args_is_help=True, help="Keys and tokens that jobs at a gateway name and never hold.")


@secrets.command("set")
def set_secret(name: Name, home: HomeFolder = DEFAULT_HOME, url: Url = None, as_json: AsJson = False) -> None:
    """Keep a secret, in place of what it was. It is asked for, or read from a pipe; nobody is shown it again."""
    value = typer.prompt("value", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    with connect(home, url) as client:
        made = client.secrets.set(name, value.strip())
    print(json.dumps(made) if as_json else f"secret://{made['name']}  set")


@secrets.command("list")
def list_secrets(home: HomeFolder = DEFAULT_HOME, url: Url = None, as_json: AsJson = False) -> None:
    """Their names."""
    from raylign.show.joblist import show_rows

    with connect(home, url) as client:
        found = client.secrets.all()
    if as_json:
        print(json.dumps(found))
        return
    rows = [(one["name"], one["tenant"]) for one in found]
    show_rows(rows, ("secret", "tenant"), Console(), empty="no secrets: `raylign secrets set NAME`")


@secrets.command("delete")
def delete(name: Name, home: HomeFolder = DEFAULT_HOME, url: Url = None, as_json: AsJson = False) -> None:
    """Forget one."""
    with connect(home, url) as client:
        client.secrets.delete(name)
    print(json.dumps({"name": name, "deleted": True}) if as_json else f"{name}  deleted")
