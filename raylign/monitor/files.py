"""What Prometheus and Grafana read to watch raylign, written to a folder.

prometheus.yml  alerts.yml               what is scraped, and what somebody is woken for
grafana/grafana.ini                      embedding allowed, so that the Ray dashboard can show it
grafana/provisioning/, grafana/dashboards/
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from raylign.monitor.alerts import rules
from raylign.monitor.dashboard import UID, dashboard
from raylign.record.whole import write_whole

SCRAPE_S = 5
"""Ray's metrics pages change every 10 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Where the metrics pages of a Ray cluster are named."""

    file: Path | None = None
    """Ray's own list, on the machine of its head."""
    url: str | None = None
    """The same over HTTP: the dashboard's address."""
    token: Path | None = None
    """File with the token that the dashboard asks for."""


def write_files(folder: Path, targets: Targets, *, prometheus_port: int, grafana_port: int) -> None:
    """Write all of them below ``folder``, in place of what is there."""
    grafana = folder / "grafana"
    source = {
        "name": "Prometheus",
        "type": "prometheus",
        "access": "proxy",
        "url": f"http://127.0.0.1:{prometheus_port}",
        "isDefault": True,
    }
    provider = {"name": "raylign", "type": "file", "options": {"path": str(grafana / "dashboards")}}
    _yaml(folder / "prometheus.yml", prometheus(folder, targets))
    _yaml(folder / "alerts.yml", rules())
    _yaml(grafana / "provisioning/datasources/prometheus.yml", {"apiVersion": 1, "datasources": [source]})
    _yaml(grafana / "provisioning/dashboards/raylign.yml", {"apiVersion": 1, "providers": [provider]})
    _text(grafana / f"dashboards/{UID}.json", json.dumps(dashboard(), indent=1) + "\n")
    _text(grafana / "grafana.ini", _ini(grafana, grafana_port))


def prometheus(folder: Path, targets: Targets) -> dict[str, Any]:
    """Prometheus' own configuration."""
    ray: dict[str, Any] = {"job_name": "ray"}
    if targets.file is not None:
        ray["file_sd_configs"] = [{"files": [str(targets.file)]}]
    else:
        by_http: dict[str, Any] = {"url": f"{targets.url}/api/prometheus/sd"}
        if targets.token is not None:
            by_http["authorization"] = {"credentials_file": str(targets.token)}
        ray["http_sd_configs"] = [by_http]
    return {
        "global": {"scrape_interval": f"{SCRAPE_S}s", "evaluation_interval": "15s"},
        "rule_files": [str(folder / "alerts.yml")],
        "scrape_configs": [ray],
    }


def _ini(grafana: Path, port: int) -> str:
    """Anonymous readers, and within a frame: the Ray dashboard shows it in one. So it listens to this machine alone."""
    sections: Mapping[str, Mapping[str, Any]] = {
        "server": {"http_addr": "127.0.0.1", "http_port": port},
        "paths": {"data": grafana / "data", "logs": grafana / "logs", "provisioning": grafana / "provisioning"},
        "security": {"allow_embedding": "true"},
        "auth.anonymous": {"enabled": "true", "org_role": "Viewer"},
        "analytics": {"reporting_enabled": "false", "check_for_updates": "false"},
    }
    return "\n".join(
        line
        for title, settings in sections.items()
        for line in (f"[{title}]", *(f"{name} = {value}" for name, value in settings.items()), "")
    )


def _yaml(path: Path, document: Mapping[str, Any]) -> None:
    _text(path, yaml.safe_dump(document, sort_keys=False, width=120))


def _text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text)
