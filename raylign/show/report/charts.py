"""Small charts as inline SVG, drawn with the page's own CSS colors so that they follow its light or dark scheme."""

import math
from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from raylign.record.metrics import mean

MOST_POINTS = 160
"""Points of a line or bars of a stack; longer runs are averaged down to it."""
LEFT, RIGHT, TOP, BOTTOM = 38, 6, 8, 18
"""Margins, in SVG units."""


def line_chart(
    values: Sequence[float | None],
    *,
    label: str,
    percent: bool = False,
    limit: float | None = None,
    marks: Mapping[int, float] | None = None,
    width: int = 260,
    height: int = 120,
) -> Markup:
    """One value per step as a line; gaps where nothing is known; empty markup where nothing is known at all.

    Args:
        label: what a screen reader says.
        percent: the values are shares: the axis runs over 0..100 %.
        limit: drawn as a dashed line.
        marks: dots at (steps made, value), such as evaluations.
    """
    marks = marks or {}
    known = [*(value for value in values if value is not None), *marks.values()]
    if not known:
        return Markup()
    bounds = [*known, *([] if limit is None else [limit])]
    low, high = (0.0, 1.0) if percent else (min(bounds), max(bounds))
    ticks = nice_ticks(low, high)
    low, high = min(low, ticks[0]), max(high, ticks[-1])
    last = max(len(values), *marks, 1)

    def x(steps: float) -> float:
        return LEFT + (width - LEFT - RIGHT) * steps / last

    def y(value: float) -> float:
        return TOP + (height - TOP - BOTTOM) * (high - value) / (high - low)

    parts = [_grid(y(tick), width, f"{100 * tick:.0f}%" if percent else short(tick)) for tick in ticks]
    parts += [
        f'<text x="{LEFT}" y="{height - 4}">0</text>',
        f'<text class="end" x="{width - RIGHT}" y="{height - 4}">{last} steps</text>',
    ]
    if limit is not None:
        parts.append(f'<path class="limit" d="M{LEFT} {y(limit):.1f}H{width - RIGHT}"/>')
    for piece in _pieces([(x(steps), y(value)) if value is not None else None for steps, value in thinned(values)]):
        points = " ".join(f"{px:.1f},{py:.1f}" for px, py in piece)
        if len(piece) > 1:
            parts.append(f'<polyline points="{points}"/>')
        else:
            parts.append(f'<circle class="point" cx="{piece[0][0]:.1f}" cy="{piece[0][1]:.1f}" r="1.5"/>')
    parts += [f'<circle class="mark" cx="{x(at):.1f}" cy="{y(value):.1f}" r="3"/>' for at, value in marks.items()]
    return _svg(parts, label, width, height)


def stacked_bars(steps: Sequence[Mapping[str, float]], phases: Sequence[str], *, label: str) -> Markup:
    """Seconds per step as one bar per step, a colored piece per phase (class ``phase-NAME``)."""
    width, height = 1080, 180
    count = min(len(steps), MOST_POINTS)
    parts_of_run = [steps[at * len(steps) // count : (at + 1) * len(steps) // count] for at in range(count)]
    bars = [{phase: mean([s.get(phase, 0.0) for s in part]) or 0.0 for phase in phases} for part in parts_of_run]
    top = max((sum(bar.values()) for bar in bars), default=0.0)
    if top <= 0:
        return Markup()
    ticks = nice_ticks(0.0, top)
    top = max(top, ticks[-1])
    scale = (height - TOP - BOTTOM) / top
    slot = (width - LEFT - RIGHT) / count
    parts = [_grid(height - BOTTOM - tick * scale, width, f"{tick:g}s") for tick in ticks]
    for at, bar in enumerate(bars):
        foot = float(height - BOTTOM)
        for phase, seconds in bar.items():
            tall = seconds * scale
            foot -= tall
            if tall >= 0.1:
                parts.append(
                    f'<rect class="phase-{escape(phase)}" x="{LEFT + at * slot:.1f}" y="{foot:.1f}" '
                    f'width="{min(slot * 0.85, 40):.1f}" height="{tall:.1f}"/>'
                )
    parts.append(f'<text class="end" x="{width - RIGHT}" y="{height - 4}">{len(steps)} steps</text>')
    return _svg(parts, label, width, height)


def nice_ticks(low: float, high: float) -> list[float]:
    """Three to six round numbers from at or below ``low`` to at or above ``high``."""
    span = high - low or abs(high) or 1.0
    unit = 10.0 ** math.floor(math.log10(span / 4))
    step = next(unit * factor for factor in (1, 2, 2.5, 5, 10) if span / (unit * factor) <= 4)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(at * step, 12) for at in range(first, max(last, first + 1) + 1)]


def short(value: float) -> str:
    """A number in at most about seven characters: ``0.25``, ``1.25e-4``."""
    text = f"{value:g}"
    if len(text) <= 6:
        return text
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{float(mantissa):g}e{int(exponent)}"


def thinned(values: Sequence[float | None]) -> list[tuple[int, float | None]]:
    """(steps made, value) of at most `MOST_POINTS` points, each the mean of its part."""
    count = min(len(values), MOST_POINTS)
    ends = [(at + 1) * len(values) // count for at in range(count)]
    return [(end, mean(values[start:end])) for start, end in zip([0, *ends], ends, strict=False)]


def _pieces(points: Sequence[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    """Runs of neighboring points that are there."""
    pieces: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is not None:
            pieces[-1].append(point)
        elif pieces[-1]:
            pieces.append([])
    return [piece for piece in pieces if piece]


def _grid(y: float, width: int, text: str) -> str:
    return (
        f'<path class="grid" d="M{LEFT} {y:.1f}H{width - RIGHT}"/>'
        f'<text class="end" x="{LEFT - 7}" y="{y + 3:.1f}">{text}</text>'
    )


def _svg(parts: Sequence[str], label: str, width: int, height: int) -> Markup:
    return Markup(  # every text in it is a number of ours, or escaped
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )
