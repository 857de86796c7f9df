"""A desk of files shows what it is shown by the seed, and counts what was said."""

from raylign.record.labels import Labels
from raylign.sources.desk import FilesDesk
from raylign.sources.labelling import Unlabelled

PAIRS = [
    Unlabelled(key=f"{at}", asked={"prompt": "?"}, responses=(f"one {at}", f"two {at}"), metadata={}) for at in range(8)
]


def test_a_verdict_is_on_what_was_shown_and_a_pair_comes_back_with_its_word(tmp_path):
    labels = Labels(tmp_path / "labels.jsonl")
    desk = FilesDesk(PAIRS, labels, "anna", seed=0)
    seen = []
    while (shown := desk.next()) is not None:
        seen.append((shown.done, shown.left.startswith("one")))
        desk.say(shown.key, "left" if shown.left.startswith("one") else "right")
    assert [done for done, _ in seen] == list(range(8))
    assert {left for _, left in seen} == {True, False}
    assert labels.words == {pair.key: {"anna": "first"} for pair in PAIRS}
    desk.unsay("3")
    again = desk.next()
    assert (again.key, again.done, again.turns) == ("3", 7, (("prompt", "?"),))
