"""What came out of a run, in words."""

from collections.abc import Iterator

from raylign.interval import newcombe
from raylign.record.history import History, kl, satisfied
from raylign.show.visible import visible

LONGEST_MESSAGE = 1_000
"""Characters of an error message that are shown."""


def verdict(history: History) -> list[str]:
    """Sentences for the top of the page: how it ended, what judges and held-out responses say, what the KL limit
    says."""
    return [_ending(history), *_satisfied(history), *_held_out(history), *_kl(history)]


def stages_verdict(history: History, stages: int) -> list[str]:
    """Of a recipe: how far it came; its stages say the rest."""
    done = len(history.before) + (history.state == "succeeded")
    told = visible(history.end.message.strip(), limit=LONGEST_MESSAGE) if history.end and done < stages else ""
    return [f"{done} of {stages} stages are done.", *([f"It {history.state}: {told}"] if told else [])]


def _ending(history: History) -> str:
    steps = f"{history.done} of {history.total} steps" if history.total else f"{history.done} steps"
    match history.state:
        case "succeeded":
            return f"The run finished its {steps}."
        case "running":
            return f"The run has not ended: {steps} so far."
        case "paused":
            return f"The run is paused: {steps} so far."
        case state:
            message = visible(history.end.message.strip(), limit=LONGEST_MESSAGE) if history.end else ""
            return f"The run {state} after {steps}{': ' + message if message else ''}".rstrip(".") + "."


def _held_out(history: History) -> Iterator[str]:
    for task in history.tasks:
        changes = [
            f"{visible(name)} {before:.3f} before, {after:.3f} after"
            for name, (before, after) in history.held_out(task).items()
            if before is not None and after is not None
        ]
        if changes:
            yield f"Of held-out responses of {visible(task)}: {'; '.join(changes)}."


def _satisfied(history: History) -> list[str]:
    points: dict[str, int] = {}
    for task in history.tasks:
        before, after = history.change(task, satisfied)
        if before is not None and after is not None:
            points[task] = round(100 * after) - round(100 * before)
    if not points:
        told = any(pair[1] is not None for task in history.tasks for pair in history.held_out(task).values())
        return [] if told else ["Nothing was measured both before and after."]
    rose = [task for task, gain in points.items() if gain > 0]
    fell = {task: gain for task, gain in points.items() if gain < 0}
    average = sum(points.values()) / len(points)
    where = f"{len(rose)} of {len(history.tasks)} tasks"
    if len(rose) == len(history.tasks):
        where = "every task" if len(rose) > 1 else "its one task"
    words = [
        f"The share of responses that satisfy all judges rose on {where}; the mean change is {average:+.0f} points."
    ]
    if not rose:
        words = [
            f"The share of responses that satisfy all judges rose on no task; the mean change is {average:+.0f} points."
        ]
    words += _beyond_chance(history, list(points))
    if fell:
        words.append("It fell on " + ", ".join(f"{task} ({gain:+d})" for task, gain in fell.items()) + ".")
    return words


def _beyond_chance(history: History, tasks: list[str]) -> list[str]:
    """What of it the number of prompts can show. Nothing where the events do not tell that number."""
    bounds = {task: newcombe(*history.change(task, satisfied), history.prompts(task)) for task in tasks}
    known = {task: found for task, found in bounds.items() if found is not None}
    if not known:
        return []
    rose = [task for task, (low, _) in known.items() if low > 0]
    if rose:
        where = "every task" if len(rose) == len(tasks) > 1 else ", ".join(rose)
        return [f"Chance alone (95 % intervals) does not explain the rise on {where}."]
    most = max(max(count or 0 for count in history.prompts(task)) for task in known)
    return [
        f"Nothing rose beyond what chance alone may do (95 % intervals, on at most {most} prompts a task): more "
        "prompts in `evaluation.prompts`, or more steps, would tell."
    ]


def _kl(history: History) -> list[str]:
    measured = {task: (history.change(task, kl)[1], history.limit(task)) for task in history.tasks}
    limited = {task: (now, limit) for task, (now, limit) in measured.items() if now is not None and limit is not None}
    if not limited:
        return []
    over = [f"{task} ({now:.1f} of {limit:g} nats)" for task, (now, limit) in limited.items() if now > limit]
    if over:
        return ["The KL divergence from the reference is beyond its limit on " + ", ".join(over) + "."]
    return ["The KL divergence from the reference is within its limit wherever there is one."]
