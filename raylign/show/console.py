"""A run in the terminal: a live picture where someone looks, one plain line per event where a file does."""

import time
from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Column, Table
from rich.text import Text

from raylign.record.events import Event
from raylign.record.events.payloads import (
    KINDS,
    CheckpointSaved,
    EvaluationDone,
    PlanMade,
    Pushed,
    RunEnded,
    RunPaused,
    SamplesShown,
    StageBegun,
    Status,
    StepDone,
    Tracked,
    Warned,
)
from raylign.record.events.tasks import TaskEvaluation
from raylign.record.history import History, kl, satisfied
from raylign.record.metrics import mean
from raylign.record.rundir import event_line
from raylign.show.visible import visible

BARS = "▁▂▃▄▅▆▇█"
ROOMY = 100
"""Columns of a terminal from which on the table shows everything."""
NARROW = 72
"""Columns below which it shows only what decides."""
PHASE_STYLES = {
    "draw": "white", "generate": "cyan", "judge": "magenta", "select": "bright_black",
    "score": "blue", "pack": "bright_black", "step": "green", "norms": "bright_green", "publish": "yellow",
}  # fmt: skip
STATE_STYLES = {"running": "cyan", "succeeded": "green", "failed": "red", "cancelled": "yellow", "paused": "yellow"}
NONE = "–"
LONGEST_LOG = 8
"""Lines below the live picture."""
SHOWN = tuple(kind for kind in KINDS if kind != SamplesShown.kind)
"""Kinds of events that a display has something of: responses are for `raylign samples` to show."""


class LiveDisplay:
    """Shows events as they come; use as a context manager, so that the terminal is whole again afterwards.

    Args:
        console: where to; standard output where absent. Not a terminal: one compact line per event.
        json: one line of JSON per event instead, as in ``events.jsonl``.
        dashboard: address of the Ray dashboard, for the last lines.
        page: the run's address on the gateway's page, for the same.
    """

    def __init__(
        self,
        console: Console | None = None,
        *,
        json: bool = False,
        dashboard: str | None = None,
        page: str | None = None,
    ) -> None:
        self._console = console or Console()
        self._json = json
        self._places = {name: place for name, place in (("dashboard", dashboard), ("page", page)) if place is not None}
        self._history = History()
        self._log: deque[str] = deque(maxlen=LONGEST_LOG)
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal and not self._console.is_dumb_terminal and not self._json:
            self._live = Live(console=self._console, refresh_per_second=4, transient=True)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.transient = self._history.end is not None  # the summary takes the picture's place
            self._live.stop()
            self._live = None
        if self._history.end is not None and not self._json:
            self._console.print(summary(self._history, self._console.width), crop=False)

    def catch_up(self, event: Event) -> None:
        """Take in an event of before, without showing it: a resumed or re-joined run starts from there."""
        self._history.add(event)

    def show(self, event: Event) -> None:
        """Take in an event and show it."""
        self._history.add(event)
        if self._json:
            self._write(event_line(event))
        elif self._live is not None:
            self._live.update(self._picture(event))
        elif (line := plain_line(event, self._history)) is not None:
            self._write(line)

    def _picture(self, event: Event) -> RenderableType:
        """The display, and below it the last events as far as the terminal has room: nothing ever scrolls."""
        if not isinstance(event.said, StepDone) and (line := plain_line(event, self._history)) is not None:
            self._log.append(line)
        above = picture(self._history, self._console.width, places=self._places)
        room = self._console.height - len(self._console.render_lines(above, pad=False)) - 2
        log = list(self._log)[-room:] if room > 0 else []
        lines = [Text(line, "dim", no_wrap=True, overflow="ellipsis") for line in log]
        return Group(above, *([Text(), *lines] if lines else []))

    def _write(self, line: str) -> None:
        self._console.print(Text(line), soft_wrap=True)
        self._console.file.flush()


def picture(history: History, width: int, *, places: Mapping[str, str] | None = None) -> RenderableType:
    """The whole live display."""
    parts: list[RenderableType] = [*_header(history, width)]
    if history.tasks:
        parts += [Text(), _task_table(history, width)]
    if seconds := history.seconds(last=10):
        parts += [Text(), *_phase_bar(seconds, width, steps=min(len(history.steps), 10))]
    footer = _footer(history, places or {})
    return Group(*parts, *([Text(), *footer] if footer else []))


def summary(history: History, width: int) -> RenderableType:
    """What came out, before -> after."""
    end, state = history.end, history.state
    begun, latest = history.begun, history.latest
    title = Text.assemble(
        (f"{visible(history.name)} {visible(state)}", f"bold {STATE_STYLES.get(state, 'white')}"),
        "" if history.stage else f"  {_steps(history)}",
        "" if begun is None or latest is None else f" in {clock(latest - begun)}",
    )
    parts: list[RenderableType] = [Text(), title]
    if end and end.message:
        parts.append(Text(visible(end.message, limit=2000)))
    for chapter in history.chapters:
        if chapter.stage:
            parts += [Text(), Text.assemble((visible(chapter.title), "bold"), f"  {_steps(chapter)}")]
        parts += _outcome(chapter, width)
    places = [(name, place) for name, place in (("model", end.model), ("report", end.report)) if place] if end else []
    places += [*([("hub", history.pushed)] if history.pushed else []), *history.trackers.items()]
    if places:
        parts.append(Text())
    for name, place in places:
        parts.append(Text.assemble((f"{name:<8}", "dim"), visible(place), no_wrap=True, overflow="ignore"))
    return Group(*parts)


def _steps(history: History) -> str:
    return f"{history.done}/{history.total or '?'} steps"


def _outcome(history: History, width: int) -> list[RenderableType]:
    """What judges and held-out responses say of a run, or of a recipe's stage."""
    parts: list[RenderableType] = []
    if any(history.change(task, satisfied)[0] is not None for task in history.tasks):
        parts += [Text(), _summary_table(history, width)]
        if not history.measured_twice:
            parts.append(Text("Before and after are the first and last training steps: no evaluations.", "dim"))
    for task in history.tasks:
        if told := history.held_out(task):
            words = ", ".join(f"{visible(name)} {_decimal(a, 3)} → {_decimal(b, 3)}" for name, (a, b) in told.items())
            parts.append(Text.assemble(visible(task), (" held out  ", "dim"), words))
    return parts


def plain_line(event: Event, history: History) -> str | None:
    """One event as one compact line; None for one that says nothing we can read."""
    match event.said:
        case Status(phase=phase, detail=detail):
            words = f"{phase}: {detail}" if detail else phase
        case StageBegun(stage=stage, job=job, number=number, stages=stages):
            words = f"stage {number} of {stages}: {stage} ({job})"
        case PlanMade():
            tasks = ", ".join(history.tasks)
            words = f"plan {history.title}: {history.total} steps, {len(history.tasks)} tasks ({tasks})"
        case EvaluationDone(step=step, tasks=measured):
            shares = " ".join(f"{task} {percent(one.satisfied)}" for task, one in measured.items())
            words = f"evaluation at step {step}: satisfied {shares}{_held_out_words(measured)}"
        case StepDone() as done:
            words = _step_words(done, history)
        case CheckpointSaved(step=step, path=path):
            words = f"checkpoint of step {step}: {path}"
        case Warned(message=message):
            words = f"warning: {message}"
        case Pushed(address=address):
            words = f"pushed: {address}"
        case Tracked(tracker=tracker, link=link):
            words = f"{tracker}: {link}"
        case RunPaused(message=message):
            words = f"paused: {message}"
        case RunEnded(state=state, message=message):
            words = f"{state} {message}"
        case SamplesShown() | None:
            return None
    at = time.strftime("%H:%M:%S", time.localtime(event.time))
    return f"{at} {visible(words, limit=1000)}"


def _held_out_words(measured: Mapping[str, TaskEvaluation]) -> str:
    """What methods told of held-out responses; nothing where none did."""
    told = [
        f"{task} {', '.join(f'{name} {_decimal(value, 3)}' for name, value in one.held_out.items())}"
        for task, one in measured.items()
        if one.held_out
    ]
    return f"; held out {'; '.join(told)}" if told else ""


def percent(share: float | None) -> str:
    """A share as people read it."""
    return NONE if share is None else f"{100 * share:.0f}%"


def clock(seconds: float) -> str:
    """A duration as 0:42, 12:05 or 3:10:00."""
    minutes, rest = divmod(round(max(seconds, 0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def sparkline(values: list[float | None], width: int) -> str:
    """Shares in [0, 1] as a row of at most ``width`` bars, each the mean of its part; a gap where nothing is known."""
    count = min(len(values), width)
    parts = [values[at * len(values) // count : (at + 1) * len(values) // count] for at in range(count)]
    means = [mean(part) for part in parts]
    top = len(BARS) - 1
    return "".join(" " if value is None else BARS[round(min(max(value, 0), 1) * top)] for value in means)


def _decimal(value: float | None, digits: int = 2) -> str:
    return NONE if value is None else f"{value:.{digits}f}"


def _header(history: History, width: int) -> list[RenderableType]:
    facts = []
    if newest := history.newest:
        facts = [
            f"weights v{newest.version}",
            "" if newest.tokens_per_s is None else f"{newest.tokens_per_s:,.0f} tokens/s",
            f"staleness {newest.staleness}" if newest.staleness else "",
        ]
    waiting = visible(f"{history.phase}: {history.detail}" if history.detail else history.phase, limit=width // 2)
    left = Text.assemble((visible(history.title), "bold"), "  ", (waiting, "cyan"))
    top = Table.grid(Column(ratio=1, no_wrap=True), Column(justify="right", no_wrap=True), expand=True, padding=(0, 1))
    top.add_row(
        Spinner("dots", left) if history.state == "running" else left,
        Text(" · ".join(fact for fact in facts if fact), "dim"),
    )
    passed = (history.latest or 0) - (history.begun or 0)
    remaining = history.seconds_left
    words = f"step {history.done}/{history.total or '?'}  {clock(passed)}"
    words += "" if remaining is None else f" · {clock(remaining)} left"
    bar = Table.grid(Column(ratio=1), Column(no_wrap=True), expand=True, padding=(0, 1))
    bar.add_row(ProgressBar(total=history.total or 1, completed=history.done), Text(words))
    return [top, bar]


def _task_table(history: History, width: int) -> Table:
    roomy, narrow = width >= ROOMY, width < NARROW
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("task", no_wrap=True, max_width=24 if roomy else 16, overflow="ellipsis")
    if roomy:
        table.add_column("method", no_wrap=True, style="dim")
    table.add_column("satisfied", no_wrap=True)
    if not narrow:
        table.add_column("", no_wrap=True)
    for heading in ("reward", "kl/limit") if narrow else ("reward", "calib", "kl / limit" if roomy else "kl/limit"):
        table.add_column(heading, justify="right", no_wrap=True)
    if not narrow:
        for heading in ("len", "cut", "abst"):
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("skips", ratio=1, no_wrap=True, overflow="ellipsis")
    for task in history.tasks:
        now, start = history.now(task, satisfied), history.start(task, satisfied)
        share = Text.assemble(f"{percent(now):>4} ", _delta(start, now))
        reward = _decimal(history.now(task, lambda one: one.reward))
        distance = _kl(history.now(task, kl), history.limit(task), " / " if roomy else "/")
        if narrow:
            table.add_row(Text(visible(task)), share, reward, distance)
            continue
        reasons = history.skips(task)
        skips = " ".join(f"{visible(reason)} {count}" for reason, count in reasons.items())
        row: list[str | Text] = [
            Text(visible(task)),
            share,
            Text(sparkline(history.series(task, satisfied), 16 if roomy else 8), "cyan"),
            reward,
            _decimal(history.recent(task, lambda one: one.calibrated)),
            distance,
            _decimal(history.now(task, lambda one: one.tokens), 0),
            percent(history.now(task, lambda one: one.truncated)),
            percent(history.now(task, lambda one: one.abstained)),
            Text(skips if roomy else str(sum(reasons.values()) or ""), "dim"),
        ]
        if roomy:
            planned = history.planned(task)
            row.insert(1, Text(visible(planned.method if planned else "")))
        table.add_row(*row)
    return table


def _delta(before: float | None, after: float | None) -> tuple[str, str]:
    """Percentage points with sign, and their color."""
    if before is None or after is None:
        return "", ""
    points = round(100 * after) - round(100 * before)
    return f"{points:+d}", "green" if points > 0 else "red" if points < 0 else "dim"


def _kl(value: float | None, limit: float | None, slash: str) -> Text:
    if value is None or limit is None:
        return Text(_decimal(value, 1))
    style = "red" if value > limit else "yellow" if value > 0.8 * limit else "green"
    return Text.assemble((_decimal(value, 1), style), (f"{slash}{limit:g}", "dim"))


def _phase_bar(seconds: dict[str, float], width: int, steps: int) -> list[Text]:
    """Mean seconds of a step as a bar and its legend; phases too short for the bar are in the legend only."""
    total = sum(seconds.values()) or 1.0
    bar, legend = Text(no_wrap=True, overflow="crop"), Text()
    drawn, passed = 0, 0.0
    for phase, spent in seconds.items():
        passed += spent
        end = round(width * passed / total)
        style = PHASE_STYLES.get(phase, "white")
        bar.append("━" * (end - drawn), style)
        drawn = end
        if spent / total >= 0.005:
            legend.append("■ ", style)
            legend.append(f"{visible(phase)} {spent / steps:.2g}s ")
    return [bar, legend]


def _footer(history: History, places: Mapping[str, str]) -> list[RenderableType]:
    lines: list[RenderableType] = []
    if history.warnings:
        count = f" ({len(history.warnings)} in all)" if len(history.warnings) > 1 else ""
        lines.append(Text(f"! {visible(history.warnings[-1], limit=300)}{count}", "yellow"))
    if history.checkpoints:
        newest = history.checkpoints[-1]
        lines.append(Text(f"checkpoint of step {newest.step}: {visible(newest.path)}", "dim"))
    lines += [Text(f"{name} {place}", "dim") for name, place in places.items()]
    return lines


def _summary_table(history: History, width: int) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("task", no_wrap=True, max_width=24, overflow="ellipsis")
    table.add_column("satisfied", no_wrap=True)
    table.add_column("kl / limit", justify="right", no_wrap=True)
    if width >= ROOMY:
        table.add_column("reward", no_wrap=True)
    if width >= NARROW:
        table.add_column("judges")
    for task in history.tasks:
        before, after = history.change(task, satisfied)
        judges = ", ".join(
            f"{visible(label)} {percent(first)}→{percent(last)}"
            for label, (first, last) in history.judges(task).items()
        )
        row: list[str | Text] = [
            Text(visible(task)),
            Text.assemble(f"{percent(before):>4} → {percent(after):>4} ", _delta(before, after)),
            _kl(history.change(task, kl)[1], history.limit(task), " / "),
        ]
        if width >= ROOMY:
            rewards = history.change(task, lambda one: one.reward)
            row.append(f"{_decimal(rewards[0])} → {_decimal(rewards[1])}")
        if width >= NARROW:
            row.append(Text(judges, "dim"))
        table.add_row(*row)
    return table


def _step_words(done: StepDone, history: History) -> str:
    shares = {task: done.tasks[task].satisfied if task in done.tasks else None for task in history.tasks}
    worst = max((task.kl for task in done.tasks.values() if task.kl is not None), default=None)
    words = [
        f"step {history.done}/{history.total or '?'}",
        f"satisfied {' '.join(f'{task} {percent(share)}' for task, share in shares.items())}",
        f"kl max {_decimal(worst)}",
        f"loss {_decimal(done.train.loss if done.train else None, 4)}",
        f"v{done.version}",
        f"{_decimal(done.step_s)} s",
    ]
    left = history.seconds_left
    return "  ".join(words) + ("" if left is None else f"  {clock(left)} left")
