import pytest

from raylign.judges.rules.instructions.sentences import split_sentences


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two! Three?", 3),
        ("Dr. No met Mr. Fox. They left.", 2),
        ("It costs 3.5 dollars", 1),
        ('He said "go." She went.', 2),
        ("wait... what", 1),
        ("a line\nanother line", 1),
        ("i went home. then i slept.", 2),
        ("", 0),
    ],
)
def test_sentences(text: str, count: int) -> None:
    assert len(split_sentences(text)) == count
