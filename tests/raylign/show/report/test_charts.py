"""The report's charts."""

from xml.etree import ElementTree

import pytest

from raylign.show.report.charts import MOST_POINTS, line_chart, nice_ticks, short, stacked_bars, thinned


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.25, 0.5, 0.75, 1]),
        (0.2, 5.1, [0, 2, 4, 6]),
        (-3, 3, [-4, -2, 0, 2, 4]),
        (7, 7, [6, 8]),
        (0, 0, [0, 0.25]),
        (1e-4, 1e-4, [1e-4, 1.25e-4]),
    ],
)
def test_ticks_are_round_and_span_the_values(low, high, expected):
    ticks = nice_ticks(low, high)
    assert ticks == pytest.approx(expected)
    assert ticks[0] <= low
    assert ticks[-1] >= high


def test_short_numbers():
    assert [short(value) for value in (0.25, -4.0, 1.25e-4, 1e6, 0.0)] == ["0.25", "-4", "1.25e-4", "1e+06", "0"]


def test_a_line_breaks_where_values_are_missing():
    svg = ElementTree.fromstring(
        line_chart([0.1, 0.2, None, 0.4, None, 0.5, 0.6], label="x", limit=0.5, marks={0: 0.1})
    )
    assert len(svg.findall("polyline")) == 2
    assert [circle.get("class") for circle in svg.findall("circle")] == ["point", "mark"]
    assert len([path for path in svg.findall("path") if path.get("class") == "limit"]) == 1


def test_a_line_rises_with_its_values():
    svg = ElementTree.fromstring(line_chart([0.0, 1.0], label="x", percent=True))
    (_, low), (_, high) = (map(float, point.split(",")) for point in svg.find("polyline").get("points").split())
    assert high < low  # SVG counts downwards


def test_nothing_known_is_no_chart():
    assert line_chart([None, None], label="x") == ""
    assert stacked_bars([{}, {}], [], label="x") == ""


def test_long_runs_are_averaged_down():
    values = [float(at) for at in range(1, 10 * MOST_POINTS + 1)]
    points = thinned(values)
    assert len(points) == MOST_POINTS
    assert points[0] == (10, 5.5)
    assert points[-1][0] == len(values)


def test_bars_stack_to_the_seconds_of_a_step():
    svg = ElementTree.fromstring(
        stacked_bars([{"generate": 2.0, "step": 2.0}, {"generate": 4.0}], ["generate", "step"], label="x")
    )
    heights = {}
    for bar in svg.findall("rect"):
        heights.setdefault(bar.get("x"), []).append(float(bar.get("height")))
    first, second = heights.values()
    assert sum(first) == pytest.approx(sum(second))
    assert len(first) == 2
