import math
from collections.abc import Mapping, Sequence

from benchmarks.llmbar import Tally, asked, by_set, taken, tally
from raylign.judges.askers import Asked, Said, Spelled

ROWS = [
    {"prompt": "Q", "a": a, "b": b, "gold": gold, "set": part}
    for part, a, b, gold in (
        ("x", "right", "wrong", "a"),
        ("x", "wrong", "right", "b"),
        ("y", "same", "same", "a"),
        ("y", "long", "right", "b"),
    )
]


class Model:
    """Finds what is right, goes by the place where nothing is, and cannot read what is long."""

    def next_token(self, asked: Sequence[Asked], answers: Mapping[str, Spelled]) -> list[Said]:
        return [self._say(one.user(str)) for one in asked]

    def _say(self, text: str) -> Said:
        if "long" in text:
            return "too long"
        second = text.index("> right") > text.index("Answer 2:") if "right" in text else False
        return (math.log(0.2), math.log(0.8)) if second else (math.log(0.8), math.log(0.2))


def test_pairs_are_counted_by_what_both_orders_say() -> None:
    told = {name: tally(part) for name, part in by_set(asked(Model(), ROWS, chat=True)).items()}
    assert told == {
        "all": Tally(pairs=4, right=2, abstained=1, one_order=3, biased=1),
        "x": Tally(pairs=2, right=2, abstained=0, one_order=2, biased=0),
        "y": Tally(pairs=2, right=0, abstained=1, one_order=1, biased=1),
    }


def test_a_limit_is_of_each_set() -> None:
    assert taken(ROWS, 1) == [ROWS[0], ROWS[2]]
    assert taken(ROWS, None) == ROWS
