"""Responses of a run for people: the prompt, what was answered, and what each judge said of it."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from raylign.record.events.tasks import ShownSample
from raylign.record.shown import Found
from raylign.show.visible import visible

MARKS = {True: ("satisfied", "green"), False: ("violated", "red"), None: ("undecided", "yellow")}


def show_samples(found: Sequence[Found], console: Console) -> None:
    """Each in a few lines."""
    if not found:
        console.print("no responses are shown of that: see `samples` and `evaluation` of the job", highlight=False)
        return
    for one in found:
        sample = one.sample
        word, style = MARKS[sample.satisfied]
        where = f"evaluation after {one.step} steps" if one.evaluation else f"step {one.step}"
        reward = "" if sample.reward is None else f"  reward {sample.reward:.3g}"
        whose = f"{one.stage} / {one.task}" if one.stage else one.task
        console.print(Text.assemble((visible(whose), "bold"), f"  {where}  ", (word, style), reward))
        _block("prompt", sample.prompt, console)
        _block("response", sample.response, console)
        for part, said in sample.rewards.items():
            console.print(Text.assemble("  ", ("reward ", "dim"), f"{visible(part)}: {visible(said)}"))
        for judge, reason in sample.verdicts.items():
            console.print(Text.assemble("  ", f"{visible(judge)}: ", *_ruled(sample, judge, visible(reason))))
        console.print()


def _ruled(sample: ShownSample, judge: str, reason: str) -> list[str | tuple[str, str]]:
    """The judge's word and why; of an older event, which has no rulings, what it has."""
    if judge not in sample.rulings:
        return [reason]
    word, style = MARKS[sample.rulings[judge]]
    return [(word, style), "" if reason in ("", word) else f", {reason}"]


def _block(heading: str, text: str, console: Console) -> None:
    console.print(Text(f"  {heading}", "dim"))
    for line in visible(text, lines=True).split("\n"):
        console.print(Text(f"    {line}"))
