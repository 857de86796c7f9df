"""A sitting of one labeller: pair after pair, a key each."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from raylign.record.labels import Labels, Word
from raylign.show.visible import visible
from raylign.sources.labelling import Unlabelled

KEYS = "1, 2: that one is better   =: a tie   s: skip   u: take back   q: stop"
SIDES = {"1": 0, "2": 1}
OTHERS: dict[str, Word] = {"=": "tie", "t": "tie", "s": "skip"}


def sit(
    pairs: Sequence[Unlabelled], labels: Labels, labeller: str, keys: Iterator[str], console: Console, *, seed: int
) -> int:
    """Show every pair on which ``labeller`` has no word yet, until ``keys`` end or one says stop. Returns on how many
    there is one now that was not there before. Each word is on disk before the next pair is shown.
    """
    left = [pair for pair in pairs if labeller not in labels.words.get(pair.key, {})]
    done = len(pairs) - len(left)
    at = 0
    while at < len(left):
        pair = left[at]
        turned = pair.turned(labeller, seed=seed)
        _show(pair, turned, console, f"{done + at + 1} of {len(pairs)}")
        match _pressed(keys, console):
            case "1" | "2" as side:
                labels.say(pair.key, labeller, "second" if SIDES[side] != turned else "first")
                at += 1
            case "u" if at:
                at -= 1
                labels.unsay(left[at].key, labeller)
            case "u":
                console.print("nothing of this sitting is left to take back", highlight=False)
            case key if key in OTHERS:
                labels.say(pair.key, labeller, OTHERS[key])
                at += 1
            case _:
                break
    return at


def _pressed(keys: Iterator[str], console: Console) -> str:
    """The next key that means something; empty where no more come."""
    for key in keys:
        if (lowered := key.lower()) in (*SIDES, *OTHERS, "u", "q"):
            return "" if lowered == "q" else lowered
        if not key.isspace():
            console.print(KEYS, style="dim", highlight=False)
    return ""


def _show(pair: Unlabelled, turned: bool, console: Console, place: str) -> None:
    console.rule(Text(place, "dim"), style="dim")
    for turn in pair.asked.get("messages") or [{"role": "prompt", "content": pair.asked.get("prompt", "")}]:
        _block(turn["role"], turn["content"], console)
    for number, text in enumerate(pair.responses[::-1] if turned else pair.responses, start=1):
        _block(f"response {number}", text, console)
    console.print(Text(KEYS, "dim"))


def _block(heading: str, text: str, console: Console) -> None:
    console.print(Text(visible(heading), "bold"))
    for line in visible(text, lines=True).split("\n"):
        console.print(Text(f"  {line}"))
