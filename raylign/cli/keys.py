"""API keys of a service, by who runs it: made, listed, revoked, replaced, in the store itself."""

import json
import re
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console

from raylign.cli.home_store import Database, audited, home_store
from raylign.cli.options import DEFAULT_HOME, AsJson, HomeFolder

if TYPE_CHECKING:
    from raylign.service.store import KeyRecord

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
HEADINGS = ("key", "name", "tenant", "scopes", "state", "used")
KeyId = Annotated[str, typer.Argument(metavar="KEY", help="A key's id, as `keys list` shows it.")]

keys = typer.Typer(no_args_is_help=True, help="API keys: who may do what, as which tenant.")


def span(text: str) -> float:
    """Seconds of ``90d``, ``12h``, ``30m``, ``0s``. Raises `typer.BadParameter`."""
    found = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if not found:
        raise typer.BadParameter(f"{text!r} is no time: write 90d, 12h, 30m or 0s")
    return int(found[1]) * SECONDS[found[2]]


@keys.command("create")
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for: `ci`, `anna`.")],
    tenant: Annotated[str, typer.Option(help="Whose jobs it makes and sees.")] = "default",
    scopes: Annotated[str, typer.Option(help="Of read, submit, admin.")] = "read,submit",
    expires: Annotated[str | None, typer.Option(metavar="TIME", help="In 90d, 12h, ...; never where absent.")] = None,
    home: HomeFolder = DEFAULT_HOME,
    database_url: Database = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it. It is shown this once: only its hash is kept."""
    from raylign.service.access import Scope, Tenant, read_scopes
    from raylign.service.keyring import make_key

    try:
        TypeAdapter(Tenant).validate_python(tenant)
    except ValidationError:
        raise typer.BadParameter(
            "a tenant's name has 1 to 63 of a-z, 0-9 and - within", param_hint="--tenant"
        ) from None
    try:
        wanted = read_scopes([word.strip() for word in scopes.split(",")])
    except ValueError:
        known = ", ".join(Scope)
        raise typer.BadParameter(f"{scopes!r} are no scopes: give some of {known}", param_hint="--scopes") from None
    if not re.fullmatch(r"[^\x00-\x1f\x7f]{1,64}", name):
        raise typer.BadParameter("a name has 1 to 64 printable characters", param_hint="NAME")
    lasts_s = None if expires is None else span(expires)
    with home_store(home, database_url) as store:
        made, text = make_key(store, name=name, tenant=tenant, scopes=wanted, lasts_s=lasts_s)
    audited(home, f"keys create {made.id}: {made.scopes}", tenant=made.tenant)
    _show_new(made, text, as_json)


@keys.command("list")
def list_keys(
    tenant: Annotated[str | None, typer.Option(help="Only this one's.")] = None,
    home: HomeFolder = DEFAULT_HOME,
    database_url: Database = None,
    as_json: AsJson = False,
) -> None:
    """All keys, oldest first, with those that are no longer taken. The home's own stands in its file api_key."""
    from raylign.show.joblist import show_rows

    with home_store(home, database_url) as store:
        found = store.all_keys(tenant=tenant)
    if as_json:
        print(json.dumps([_plain(key) for key in found]))
        return
    rows = [(key.id, key.name, key.tenant, key.scopes, _state(key), _day(key.used_at) or "never") for key in found]
    show_rows(rows, HEADINGS, Console(), empty="no keys yet: make one with `raylign keys create NAME`")


@keys.command("revoke")
def revoke(key: KeyId, home: HomeFolder = DEFAULT_HOME, database_url: Database = None, as_json: AsJson = False) -> None:
    """Take a key no more. A running gateway refuses it within 5 s."""
    with home_store(home, database_url) as store:
        revoked = store.revoke_key(key)
    audited(home, f"keys revoke {key}", tenant=revoked.tenant)
    print(json.dumps(_plain(revoked)) if as_json else f"{revoked.id}  {_state(revoked)}")


@keys.command("rotate")
def rotate(
    key: KeyId,
    grace: Annotated[str, typer.Option(metavar="TIME", help="For which the old one is still taken.")] = "0s",
    home: HomeFolder = DEFAULT_HOME,
    database_url: Database = None,
    as_json: AsJson = False,
) -> None:
    """Make a key in another's place, alike in all but its secret, and revoke that."""
    from raylign.service.keyring import rotate_key

    grace_s = span(grace)
    with home_store(home, database_url) as store:
        made, text = rotate_key(store, key, grace_s=grace_s)
    audited(home, f"keys rotate {key}: {made.id}", tenant=made.tenant)
    _show_new(made, text, as_json)


def _show_new(made: "KeyRecord", text: str, as_json: bool) -> None:
    if as_json:
        print(json.dumps(_plain(made) | {"key": text}))
        return
    print(text)
    until = f", until {_day(made.expires_at)}" if made.expires_at is not None else ""
    note = f"key {made.id} of tenant {made.tenant}: {made.scopes}{until}. It is not shown again."
    Console(stderr=True).print(note, highlight=False, markup=False)


def _plain(key: "KeyRecord") -> dict[str, Any]:
    """A key as JSON has it: without what is kept of its secret."""
    shown = asdict(key) | {"scopes": key.scopes.split(","), "valid": key.valid(time.time())}
    del shown["secret_sha256"]
    return shown


def _state(key: "KeyRecord") -> str:
    now = time.time()
    if key.revoked_at is not None:
        return f"revoked {_day(key.revoked_at)}" if key.revoked_at <= now else f"revoked from {_day(key.revoked_at)} on"
    if key.expires_at is None:
        return "valid"
    return f"valid until {_day(key.expires_at)}" if now < key.expires_at else f"expired {_day(key.expires_at)}"


def _day(at: float | None) -> str:
    return "" if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"
