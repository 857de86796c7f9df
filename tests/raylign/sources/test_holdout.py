"""Which prompts are held out: by what they say alone."""

from array import array

from raylign.sources.holdout import WHOLE, lot, sides


def test_a_lot_goes_by_what_is_said() -> None:
    same = [{"prompt": "What is  2+2?"}, {"prompt": "what is 2+2?\n", "metadata": {"a": 1}}]
    same += [{"messages": [{"role": "user", "content": "What is 2+2?"}]}]
    same += [{"prompt": spaced} for spaced in (" What is 2+2?", "What is 2+2? ", "What\u3000is\t2+2?")]
    assert len({lot(row) for row in same}) == 1
    assert lot({"prompt": "  "}) == lot({"messages": [{"role": "user", "content": ""}]})
    assert lot({"prompt": "What is 2+3?"}) != lot(same[0])
    assert lot({"prompt": "a"}) == 0x40F89E395B66422F  # the same for every run, on every machine


def test_the_lowest_share_is_held_out_and_copies_stay_together() -> None:
    lots = array("Q", [WHOLE // 100 * n for n in (50, 3, 99, 9, 3, 11)])
    trained, held = sides(lots, 0.1, least=1)
    assert (list(trained), list(held)) == ([0, 2, 5], [1, 3, 4])
    shares = array("Q", (lot({"prompt": str(number)}) for number in range(5000)))
    assert 400 < len(sides(shares, 0.1, least=1)[1]) < 600


def test_one_is_held_out_at_least_where_enough_are_left() -> None:
    lots = array("Q", [WHOLE // 2, WHOLE // 3, WHOLE // 3, WHOLE // 2])
    trained, held = sides(lots, 0.1, least=2)
    assert (list(trained), list(held)) == ([0, 3], [1, 2])
    for share, least in ((0.1, 3), (0.0, 1)):
        trained, held = sides(lots, share, least=least)
        assert (list(trained), list(held)) == ([0, 1, 2, 3], [])
    assert list(sides(lots[:1], 0.1, least=1)[0]) == [0]
