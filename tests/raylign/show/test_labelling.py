"""A sitting: keys become words on disk, pair after pair, and it may end anywhere."""

import io

import pytest
from rich.console import Console

from raylign.record.labels import Labels
from raylign.show.labelling import sit
from raylign.sources.desk import FilesDesk
from raylign.sources.labelling import Unlabelled

PAIRS = [
    Unlabelled(key=f"{at}", asked={"prompt": "?\x1b[2J"}, responses=(f"one {at}", f"two {at}"), metadata={})
    for at in range(6)
]


def sitting(tmp_path, keys, labeller="anna", seed=0):
    labels, out = Labels(tmp_path / "labels.jsonl"), io.StringIO()
    said = sit(FilesDesk(PAIRS, labels, labeller, seed=seed), iter(keys), Console(file=out, width=80))
    assert Labels(tmp_path / "labels.jsonl").words == labels.words
    words = {key: of[labeller] for key, of in labels.words.items() if labeller in of}
    return said, words, out.getvalue()


def test_a_key_means_the_response_that_is_shown_there(tmp_path):
    said, words, shown = sitting(tmp_path, "111111")
    turned = [pair.turned("anna", seed=0) for pair in PAIRS]
    assert (said, len(set(turned))) == (6, 2)
    assert words == {pair.key: "second" if other else "first" for pair, other in zip(PAIRS, turned, strict=True)}
    heads = [shown.index(f"{'two' if other else 'one'} {at}") for at, other in enumerate(turned)]
    tails = [shown.index(f"{'one' if other else 'two'} {at}") for at, other in enumerate(turned)]
    assert all(head < tail for head, tail in zip(heads, tails, strict=True))
    assert "\x1b[2J" not in shown


def test_ties_skips_and_what_is_taken_back(tmp_path):
    said, words, _ = sitting(tmp_path, "=Tsu1")
    assert (said, list(words)) == (3, ["0", "1", "2"])
    assert list(words.values())[:2] == ["tie", "tie"]
    assert words["2"] in ("first", "second")


def test_nothing_is_taken_back_of_another_sitting(tmp_path):
    sitting(tmp_path, "=q")
    said, words, shown = sitting(tmp_path, "u=")
    assert (said, words) == (1, {"0": "tie", "1": "tie"})
    assert "nothing of this sitting" in shown


@pytest.mark.parametrize("stops", [1, 3, 5])
def test_the_next_sitting_goes_on_where_one_ended(tmp_path, stops):
    (tmp_path / "whole").mkdir()
    _, whole, _ = sitting(tmp_path / "whole", "12=s21")
    sitting(tmp_path, "12=s21"[:stops])
    said, words, shown = sitting(tmp_path, "12=s21"[stops:])
    assert (said, words) == (6 - stops, whole)
    assert f"{stops + 1} of 6" in shown
    assert sitting(tmp_path, "1")[0] == 0  # nothing is left


def test_other_keys_and_white_space_say_nothing(tmp_path):
    said, words, shown = sitting(tmp_path, "\nz 1q2")
    assert (said, len(words)) == (1, 1)
    assert shown.count("take back") == 3  # with each of two pairs, and for the z
