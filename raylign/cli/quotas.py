"""Quotas of tenants, by who runs a service: set, or shown, in the store itself."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from raylign.cli.home_store import Database, audited, home_store
from raylign.cli.options import DEFAULT_HOME, AsJson, HomeFolder

if TYPE_CHECKING:
    from raylign.service.store import QuotaRecord

HEADINGS = ("tenant", "queued", "running", "stored", "requests/s")
GB = 10**9


def quotas(
    tenant: Annotated[
        str | None, typer.Argument(metavar="[TENANT]", help="Whose to set; all are shown where absent.")
    ] = None,
    queued: Annotated[int | None, typer.Option(min=0, help="Jobs that may wait.")] = None,
    running: Annotated[int | None, typer.Option(min=0, help="Jobs that may run at a time; more wait.")] = None,
    stored_gb: Annotated[float | None, typer.Option(min=0, max=1e9, help="Of its data and its jobs' results.")] = None,
    requests_per_s: Annotated[
        float | None, typer.Option(min=0.001, max=1e6, help="Of all its keys; twice as many at once.")
    ] = None,
    home: HomeFolder = DEFAULT_HOME,
    database_url: Database = None,
    as_json: AsJson = False,
) -> None:
    """Set what a tenant may have at most, all of it anew: what is left out has no limit. Or show what is set."""
    from raylign.service.store import QuotaRecord
    from raylign.show.joblist import show_rows

    with home_store(home, database_url) as store:
        if tenant is not None:
            stored = None if stored_gb is None else round(GB * stored_gb)
            told = QuotaRecord(
                tenant=tenant, queued=queued, running=running, stored_bytes=stored, requests_per_s=requests_per_s
            )
            store.set_quota(told)
            audited(home, f"quotas {json.dumps(asdict(told))}", tenant=tenant)
        found = [store.quota(tenant)] if tenant is not None else store.quotas()
    if as_json:
        print(json.dumps([asdict(one) for one in found]))
        return
    show_rows(list(map(_row, found)), HEADINGS, Console(), empty="no quotas yet: set one with `raylign quotas TENANT`")


def _row(quota: "QuotaRecord") -> list[str]:
    stored = None if quota.stored_bytes is None else f"{quota.stored_bytes / GB:g} GB"
    limits = (quota.queued, quota.running, stored, quota.requests_per_s)
    return [quota.tenant, *("any" if one is None else f"{one}" for one in limits)]
