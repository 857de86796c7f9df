"""What no document may hold, whatever its keys."""

import pytest
from documents import document

from raylign.errors import SpecError
from raylign.spec import parse_job


def nested(depth):
    lists = []
    for _ in range(depth):
        lists = [lists]
    return lists


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (document(steps=10**400), "'steps' is a whole number of 1329 bits"),
        (document(policy={"model": "a\0b"}), "'policy.model' is a text with the character U+0000 at position 1"),
        (document(policy={"model": "a\ud800"}), "'policy.model' is a text with the character U+D800 at position 1"),
        (document(**{"\x1b[2J": 1}), "the job has a key with the character U+001B at position 0"),
        ({**document(), 1: 2}, "the job has the key 1, which YAML takes for no text: put it in quotes"),
        (document(tasks=[{}] * 30_000), "it holds more than 20000 values"),
        (document(when=nested(5000)), "'when[0][0][0]' is nested more than 16 deep"),
    ],
)
def test_what_no_setting_may_hold_is_refused_by_its_place(wrong, says):
    with pytest.raises(SpecError) as refused:
        parse_job(wrong)
    assert says in str(refused.value)
