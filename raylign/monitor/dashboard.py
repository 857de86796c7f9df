"""The Grafana dashboard of runs: a panel for every gauge, in rows, as Grafana reads it.

Ray's dashboard embeds a whole Grafana dashboard by its uid: `UID`, which the local Ray is told.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from raylign.monitor.gauge import Gauge, Unit
from raylign.monitor.gauges import GAUGES

UID = "raylign"
ROWS: Mapping[str, Sequence[str]] = {
    "Better, and within its constraints": (
        *("satisfied", "reward", "calibrated_reward", "kl"),
        *("evaluation_satisfied", "evaluation_reward", "reward_part"),
    ),
    "Judges": ("judge_satisfied", "judge_seconds", "judge_abstained", "abstained", "canary_agreement"),
    "Responses": ("response_tokens", "truncated", "skips", "examples"),
    "Training": (
        *("loss", "grad_norm", "task_grad_norm", "learning_rate"),
        *("logprob_gap_max", "loss_part", "method", "padding"),
    ),
    "Progress and speed": (
        *("step", "steps", "step_seconds", "phase_seconds"),
        *("tokens_per_second", "weights_version", "staleness", "checkpoint_step", "checkpoint_seconds"),
    ),
}
"""Gauges by row, each in one."""
UNITS: Mapping[Unit, str] = {"share": "percentunit", "seconds": "s", "none": "short"}
"""In Grafana's words."""
ACROSS, HEIGHT = 4, 8
"""Panels beside each other; height of one, in Grafana's grid of 24 columns."""


def dashboard() -> dict[str, Any]:
    """The document that Grafana imports or is provisioned with."""
    panels = list(_panels({gauge.name: gauge for gauge in GAUGES}))
    return {
        "uid": UID,
        "title": "raylign",
        "tags": ["raylign"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [_datasource(), _align_job()]},
        "panels": [{"id": number, **panel} for number, panel in enumerate(panels, start=1)],
    }


def query(gauge: Gauge) -> str:
    """What a panel asks Prometheus. A driver that was started again is another series to it, and the same to people."""
    return f'max by ({", ".join(("align_job", *gauge.labels))}) ({gauge.exported}{{align_job=~"$align_job"}})'


def _panels(gauges: Mapping[str, Gauge]) -> Iterator[dict[str, Any]]:
    top = 0
    for title, names in ROWS.items():
        yield {
            "type": "row",
            "title": title,
            "collapsed": False,
            "panels": [],
            "gridPos": {"x": 0, "y": top, "w": 24, "h": 1},
        }
        top += 1
        for at, name in enumerate(names):
            width = 24 // ACROSS
            place = {"x": at % ACROSS * width, "y": top + at // ACROSS * HEIGHT, "w": width, "h": HEIGHT}
            yield {"gridPos": place, **_panel(gauges[name])}
        top += -(-len(names) // ACROSS) * HEIGHT


def _panel(gauge: Gauge) -> dict[str, Any]:
    legend = " ".join(f"{{{{{label}}}}}" for label in ("align_job", *gauge.labels))
    scale = {"min": 0, "max": 1} if gauge.unit == "share" else {}
    source = {"type": "prometheus", "uid": "${datasource}"}
    return {
        "type": "timeseries",
        "title": gauge.name.replace("_", " "),
        "description": gauge.means,
        "datasource": source,
        "targets": [{"refId": "A", "datasource": source, "expr": query(gauge), "legendFormat": legend}],
        "fieldConfig": {
            "defaults": {
                "unit": UNITS[gauge.unit],
                **scale,
                "custom": {"lineInterpolation": "stepAfter", "fillOpacity": 0, "spanNulls": True},
            },
            "overrides": [],
        },
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
    }


def _datasource() -> dict[str, Any]:
    return {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}


def _align_job() -> dict[str, Any]:
    asked = "label_values(ray_raylign_step, align_job)"
    return {
        "name": "align_job",
        "label": "Job",
        "type": "query",
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "query": {"query": asked, "refId": "jobs"},
        "definition": asked,
        "refresh": 2,
        "sort": 2,
        "multi": True,
        "includeAll": True,
        "current": {"text": "All", "value": "$__all"},
    }
