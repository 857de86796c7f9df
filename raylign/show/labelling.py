"""A sitting of one labeller: pair after pair, a key each."""

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from raylign.show.visible import visible
from raylign.sources.desk import Desk, Shown
from raylign.sources.labelling import Verdict

KEYS = "1, 2: that one is better   =: a tie   s: skip   u: take back   q: stop"
VERDICTS: dict[str, Verdict] = {"1": "left", "2": "right", "=": "tie", "t": "tie", "s": "skip"}


def sit(desk: Desk, keys: Iterator[str], console: Console) -> int:
    """Show every pair on which there is no word yet, until ``keys`` end or one says stop. Returns on how many there
    is one now that was not there before. Each word is kept before the next pair is shown.
    """
    said: list[str] = []
    while (pair := desk.next()) is not None:
        _show(pair, console)
        match _pressed(keys, console):
            case key if key in VERDICTS:
                desk.say(pair.key, VERDICTS[key])
                said.append(pair.key)
            case "u" if said:
                desk.unsay(said.pop())
            case "u":
                console.print("nothing of this sitting is left to take back", highlight=False)
            case _:
                break
    return len(said)


def _pressed(keys: Iterator[str], console: Console) -> str:
    """The next key that means something; empty where no more come."""
    for key in keys:
        if (lowered := key.lower()) in (*VERDICTS, "u", "q"):
            return "" if lowered == "q" else lowered
        if not key.isspace():
            console.print(KEYS, style="dim", highlight=False)
    return ""


def _show(pair: Shown, console: Console) -> None:
    console.rule(Text(f"{pair.done + 1} of {pair.pairs}", "dim"), style="dim")
    for role, content in pair.turns:
        _block(role, content, console)
    for number, text in enumerate((pair.left, pair.right), start=1):
        _block(f"response {number}", text, console)
    console.print(Text(KEYS, "dim"))


def _block(heading: str, text: str, console: Console) -> None:
    console.print(Text(visible(heading), "bold"))
    for line in visible(text, lines=True).split("\n"):
        console.print(Text(f"  {line}"))
