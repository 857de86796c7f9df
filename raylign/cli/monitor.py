"""Prometheus and Grafana beside the service, where they are installed."""

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from raylign.cli.options import DEFAULT_HOME, HomeFolder

if TYPE_CHECKING:
    from raylign.monitor.files import Targets

Port = Annotated[int, typer.Option(min=1, max=65535, help="The Ray dashboard looks for it there.")]


def monitor(
    home: HomeFolder = DEFAULT_HOME,
    ray_url: Annotated[str | None, typer.Option(help="Dashboard address of another Ray than the home's own.")] = None,
    files: Annotated[
        Path | None, typer.Option(help="Write what Prometheus and Grafana read here, and start neither.")
    ] = None,
    prometheus_port: Port = 9090,
    grafana_port: Port = 3000,
) -> None:
    """Curves of all jobs inside the Ray dashboard: starts Prometheus and Grafana, wired. Ctrl-C stops both."""
    from raylign.monitor import stack
    from raylign.monitor.dashboard import UID
    from raylign.monitor.files import write_files

    place = (files or home / "monitor").expanduser().resolve()
    targets = _targets(home, ray_url)
    write_files(place, targets, prometheus_port=prometheus_port, grafana_port=grafana_port)
    console = Console()

    def say(line: str) -> None:
        console.print(line, highlight=False, soft_wrap=True)

    say(f"files       {place}")
    if files is not None:
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a `kill` takes both down, too
    with stack.prometheus(place, prometheus_port) as scraper:
        say(f"prometheus  http://127.0.0.1:{prometheus_port}")
        with stack.grafana(place, grafana_port) as pictures:
            if pictures is None:
                say("grafana     is not installed; its dashboard and settings are among the files")
            else:
                say(f"grafana     http://127.0.0.1:{grafana_port}/d/{UID}, and the Metrics page of the Ray dashboard")
            try:
                scraper.wait()
            except KeyboardInterrupt:
                return
    raise typer.Exit(1)


def _targets(home: Path, ray_url: str | None) -> "Targets":
    from raylign.errors import ServeError
    from raylign.monitor.files import Targets
    from raylign.service.dispatch.local_ray import find_ray
    from raylign.service.home import Home

    place = Home(home.expanduser().resolve())
    if ray_url is not None:
        return Targets(url=ray_url.rstrip("/"), token=place.ray_token if place.ray_token.is_file() else None)
    found = find_ray(place)
    if found is None:
        raise ServeError(f"no Ray of {str(place.path)!r} runs: start `raylign serve`, or give --ray-url")
    return Targets(file=Path(found.temp_dir) / "prom_metrics_service_discovery.json")
