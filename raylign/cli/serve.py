"""The gateway, served."""

import re
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from raylign.cli.libraries import Libraries, allow
from raylign.cli.options import DEFAULT_HOME, HomeFolder


def serve(
    home: HomeFolder = DEFAULT_HOME,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8420,
    ray_url: Annotated[
        str | None,
        typer.Option(help="Dashboard address of a running Ray cluster; a local Ray is started where absent."),
    ] = None,
    ray_dashboard_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Of the local Ray; a free one where absent.")
    ] = None,
    database_url: Annotated[
        str | None,
        typer.Option(envvar="RAYLIGN_DATABASE_URL", help="SQLAlchemy URL; SQLite in the home where absent."),
    ] = None,
    report_url: Annotated[
        str | None, typer.Option(help="Address under which the cluster reaches this gateway.")
    ] = None,
    trackers: Annotated[
        str,
        typer.Option(envvar="RAYLIGN_JOB_TRACKERS", help="Trackers that jobs may name, on your account: wandb,mlflow."),
    ] = "",
    push: Annotated[
        bool, typer.Option("--allow-push", help="Jobs may have their models pushed to the hub, with your token.")
    ] = False,
    hub_data: Annotated[
        bool, typer.Option("--allow-hub-data", help="Jobs may name prompts of the hub, read with your token.")
    ] = False,
    max_jobs: Annotated[
        int, typer.Option(min=1, help="Jobs that run at once, at most; and as many as the cluster has room for.")
    ] = 8,
    chat_engines: Annotated[
        int, typer.Option(min=0, max=64, help="Models that chat is answered by at once; 0: none, there is no chat.")
    ] = 1,
    pause_days: Annotated[
        float, typer.Option(min=0.001, help="For how long a job may stay paused; then it is cancelled.")
    ] = 7,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="A name, besides localhost, under which clients call; again for more.")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate, in PEM: the gateway speaks HTTPS.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its key, in PEM, without a password.")] = None,
    ca: Annotated[
        Path | None,
        typer.Option(help="By which drivers and clients of the home know it; the certificate itself where absent."),
    ] = None,
    private_webhooks: Annotated[
        bool, typer.Option("--allow-private-webhooks", help="Webhooks may be sent to this network, without TLS, too.")
    ] = False,
    hub_models: Annotated[
        bool, typer.Option("--hub-models/--no-hub-models", help="Whether jobs may name models by hub ids.")
    ] = True,
    allow_path: Annotated[
        list[Path] | None,
        typer.Option(help="Jobs may read what lies there, and, besides what is their tenant's, nothing else; again."),
    ] = None,
    allow_store: Annotated[
        list[str] | None,
        typer.Option(help="Jobs may keep checkpoints in s3://bucket/folder, a tenant in a folder of its name; again."),
    ] = None,
    fine_tuning: Annotated[
        Path | None,
        typer.Option(
            envvar="RAYLIGN_FINE_TUNING", help="YAML: models by the names users know, settings of /v1/fine_tuning jobs."
        ),
    ] = None,
    job_env: Annotated[
        list[str] | None, typer.Option(help="A variable that jobs may set for their actors, NCCL_SOCKET_IFNAME; again.")
    ] = None,
    secret_keys: Annotated[
        Path | None,
        typer.Option(
            envvar="RAYLIGN_SECRET_KEYS",
            help="Fernet keys, one a line: the first seals tenants' secrets, all open them; the home's if absent.",
        ),
    ] = None,
    libraries: Libraries = "",
) -> None:
    """Start the gateway, its dispatcher and a local Ray with its dashboard. Ctrl-C stops all of it."""
    from raylign import bounds
    from raylign.service.allowance import Allowance
    from raylign.service.dispatch.dispatcher import Limits
    from raylign.service.openai.settings import FineTuning, read_fine_tuning
    from raylign.service.serve import Serving, Settings
    from raylign.service.serve import serve as serve_gateway
    from raylign.service.tls import Certificate
    from raylign.trackers.kinds import known, of_run

    allow(libraries)
    of_run(())  # raises for a name in the environment before the first job would
    for url in allow_store or ():
        if not re.fullmatch(bounds.STORE, url.rstrip("/")):
            raise typer.BadParameter(f"--allow-store is {url!r}, no folder of an object store: s3://bucket/folder")
    if (tls_cert is None) != (tls_key is None):
        raise typer.BadParameter("--tls-cert and --tls-key go together: give both, or none")
    certificate = Certificate(cert=tls_cert, key=tls_key) if tls_cert and tls_key else None
    allowance = Allowance(
        trackers=frozenset(known(trackers, whose="--trackers")),
        push=push,
        hub_data=hub_data,
        hub_models=hub_models,
        private_webhooks=private_webhooks,
        env=frozenset(job_env or ()),
    )

    def announce(serving: Serving) -> None:
        console = Console()
        console.print(f"page       {serving.url}   (API docs at {serving.url}/docs)", highlight=False)
        asks = f"; it asks for the token in {serving.ray_token}" if serving.ray_token else ""
        console.print(f"dashboard  {serving.ray_url}   (Ray{asks})", highlight=False)
        console.print(f"home       {serving.home.path}   (API key in {serving.home.api_key})", highlight=False)
        if serving.new_key:
            console.print(f"key        {serving.api_key}   (new; shown this once)", highlight=False, soft_wrap=True)
        console.print("Send a job: raylign submit FILE --watch", highlight=False)

    settings = Settings(
        host=host,
        port=port,
        ray_url=ray_url,
        ray_dashboard_port=ray_dashboard_port,
        database_url=database_url,
        report_url=report_url,
        allowed_paths=allow_path or (),
        allowed_stores=allow_store or (),
        allowed_hosts=allow_host or (),
        certificate=certificate,
        ca=ca,
        allowance=allowance,
        fine_tuning=read_fine_tuning(fine_tuning) if fine_tuning else FineTuning(),
        pause_ttl_s=pause_days * 86400,
        secret_keys=secret_keys,
        chat_engines=chat_engines,
        limits=Limits(max_running_jobs=max_jobs),
    )
    serve_gateway(home, settings, on_ready=announce)
