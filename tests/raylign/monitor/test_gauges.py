"""Every gauge reads what real runs say."""

import re
from pathlib import Path

import pytest
from event_stream import event_stream

from raylign.monitor.gauge import RUN_LABELS, Gauge
from raylign.monitor.gauges import GAUGES
from raylign.record.events.payloads import Payload


@pytest.fixture(scope="module")
def said() -> list[Payload]:
    return [event.said for event in event_stream(steps=24) if event.said is not None]


@pytest.mark.parametrize("gauge", GAUGES, ids=lambda gauge: gauge.name)
def test_a_gauge_has_points_in_a_run_and_a_value_for_each_of_its_labels(gauge: Gauge, said: list[Payload]) -> None:
    points = [point for one in said for point in gauge.read(one)]
    assert any(value is not None for _, value in points)
    assert {len(labels) for labels, _ in points} == {len(gauge.labels)}


def test_names_are_prometheus_own_and_stand_once() -> None:
    assert len({gauge.name for gauge in GAUGES}) == len(GAUGES)
    for gauge in GAUGES:
        assert all(re.fullmatch("[a-z][a-z_]*", word) for word in (gauge.name, *gauge.labels))
        assert not {*RUN_LABELS, "job", "instance"} & set(gauge.labels)


def test_the_documentation_lists_them_all() -> None:
    text = (Path(__file__).parents[3] / "docs/monitoring.md").read_text()
    for gauge in GAUGES:
        labels = ", ".join(f"`{label}`" for label in gauge.labels)
        assert f"| `{gauge.exported}` | {labels} | {gauge.means} |" in text
    assert set(re.findall(r"`ray_raylign_(\w+)`", text)) == {gauge.name for gauge in GAUGES}
