"""Webhooks of a gateway: made, listed, looked at, deleted."""

import json
from typing import Annotated

import typer
from rich.console import Console

from raylign.cli.connection import connect
from raylign.cli.options import DEFAULT_HOME, AsJson, HomeFolder, Url

Webhook = Annotated[str, typer.Argument(metavar="WEBHOOK", help="Its id.")]

webhooks = typer.Typer(no_args_is_help=True, help="Who is told, by HTTP, that a job has ended.")


@webhooks.command("create")
def create(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Where to POST to, https://...")],
    home: HomeFolder = DEFAULT_HOME,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Have the end of every job of one's tenant sent there. Prints the secret that verifies it, this once."""
    with connect(home, url) as client:
        made = client.webhooks.create(address)
    print(json.dumps(made) if as_json else f"{made['id']}  {made['secret']}")


@webhooks.command("list")
def list_webhooks(home: HomeFolder = DEFAULT_HOME, url: Url = None, as_json: AsJson = False) -> None:
    """All of them, oldest first."""
    from raylign.show.joblist import show_rows

    with connect(home, url) as client:
        found = client.webhooks.all()
    if as_json:
        print(json.dumps(found))
        return
    rows = [(one["id"], one["tenant"], one["url"]) for one in found]
    show_rows(rows, ("webhook", "tenant", "address"), Console(), empty="no webhooks: `raylign webhooks create ADDRESS`")


@webhooks.command("show")
def show(webhook: Webhook, home: HomeFolder = DEFAULT_HOME, url: Url = None, as_json: AsJson = False) -> None:
    """What came of its newest messages."""
    from raylign.show.joblist import show_rows

    with connect(home, url) as client:
        found = client.webhooks.get(webhook)
    if as_json:
        print(json.dumps(found))
        return
    rows = [(one["id"], one["kind"], one["job_id"], _came(one), one["error"]) for one in found["deliveries"]]
    show_rows(rows, ("message", "kind", "job", "came", "error"), Console(), empty="it was told nothing yet")


@webhooks.command("delete")
def delete(webhook: Webhook, home: HomeFolder = DEFAULT_HOME, url: Url = None, as_json: AsJson = False) -> None:
    """Tell it no more."""
    with connect(home, url) as client:
        client.webhooks.delete(webhook)
    print(json.dumps({"id": webhook, "deleted": True}) if as_json else f"{webhook}  deleted")


def _came(delivery: dict[str, object]) -> str:
    if delivery["delivered_at"] is not None:
        return "delivered"
    return f"failed {delivery['tries']} times" if delivery["next_at"] is None else "to be tried"
