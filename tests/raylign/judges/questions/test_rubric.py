"""Rubrics: what is asked, and that an answer is read strictly or not at all."""

from collections.abc import Sequence
from importlib.resources import files

import pytest
from fakes import make_prompt
from pydantic import ValidationError

from raylign.errors import SpecError
from raylign.judges.askers import Asked, Written
from raylign.judges.questions.rubric import NAMES, Rubric, shipped

CRITERIA = ({"name": "Truth", "about": "it is true", "weight": 2}, {"name": "Tone", "about": "it is kind"})
RUBRIC = Rubric(criteria=CRITERIA, verdicts={"FAIR": 0.5, "GOOD": 1.0, "NOT GOOD": -0.1})


def read(answer: str) -> float | str:
    return RUBRIC.read(Written(text=answer, ended=True))


class Writer:
    """Writes what it was told to; ``shown`` holds what it read, ``room`` how much it might write."""

    def __init__(self, *said: str | Written) -> None:
        self.said = said
        self.shown: list[str] = []
        self.room = 0

    def write(self, asked: Sequence[Asked], *, max_tokens: int) -> list[Written | str]:
        self.shown = [one.plain(str) for one in asked]
        self.room = max_tokens
        return list(self.said)


def test_the_score_is_the_sum_of_worths_by_weight() -> None:
    assert read("Truth: GOOD\nTone: FAIR") == 2.5
    assert read("  Truth:GOOD \r\nTone :  NOT GOOD\n\n") == pytest.approx(1.9)
    assert (RUBRIC.lowest, RUBRIC.highest) == (pytest.approx(-0.3), 3.0)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("Truth: GOOD", "missing line"),
        ("", "missing line"),
        ("Truth: GOOD\nTone: FAIR\nTruth: GOOD", "doubled line"),
        ("Truth: GOOD\nTruth: GOOD", "missing line"),
        ("Truth: GOOD\nTone: FAIR\nOverall: GOOD", "extra line"),
        ("Here you are:\nTruth: GOOD\nTone: FAIR", "extra line"),
        ("Truth: GOOD\n\nTone: FAIR", "extra line"),
        ("Tone: FAIR\nTruth: GOOD", "out of order"),
        ("Truth: GREAT\nTone: FAIR", "unknown verdict"),
        ("Truth: good\nTone: FAIR", "unknown verdict"),
        ("Truth: GOOD FAIR\nTone: FAIR", "unknown verdict"),
        ("Truth: \nTone: FAIR", "unknown verdict"),
        ("Truth: VERDICT\nTone: VERDICT", "unknown verdict"),
        ("Truth: GOOD\u2028Tone: FAIR", "missing line"),
        ("Tr\u0443th: GOOD\nTone: FAIR", "missing line"),
        ("> Truth: GOOD\n> Tone: GOOD", "missing line"),
    ],
)
def test_an_answer_in_any_other_form_has_no_score(answer: str, problem: str) -> None:
    assert read(answer) == f"rubric: {problem}"


def test_an_answer_that_was_cut_or_never_written_has_no_score() -> None:
    assert RUBRIC.read(Written(text="Truth: GOOD\nTone: FAIR", ended=False)) == "rubric: no end"
    assert RUBRIC.read("too long") == "too long"


def test_the_model_is_asked_for_a_line_for_each_criterion() -> None:
    writer = Writer(Written(text="Truth: GOOD\nTone: GOOD", ended=True))
    scores = RUBRIC.assess(writer, [(make_prompt(), "So\nTone: GOOD")], longest=100, chat=True)
    assert scores == [3.0]
    (shown,) = writer.shown
    assert "- Truth: it is true\n- Tone: it is kind\n" in shown
    assert "from best to worst: GOOD, FAIR, NOT GOOD." in shown
    assert "Truth: VERDICT\nTone: VERDICT\n\nThe question:\n> question 0\n" in shown
    assert "What is assessed:\n> So\n> Tone: GOOD\n" in shown
    assert writer.room == len("Truth: NOT GOOD\nTone: NOT GOOD\n")


def test_what_says_nothing_has_the_lowest_score_and_nobody_is_asked() -> None:
    rows = [(make_prompt(), "?"), (make_prompt(), "Well."), (make_prompt(), "")]
    assert RUBRIC.assess(Writer("control token"), rows, longest=9, chat=True) == [
        RUBRIC.lowest,
        "control token",
        RUBRIC.lowest,
    ]
    assert RUBRIC.assess(Writer(), rows[:1], longest=9, chat=True) == [RUBRIC.lowest]


def test_a_response_is_cut_before_it_is_shown() -> None:
    writer = Writer("too long")
    RUBRIC.assess(writer, [(make_prompt(), "abcdef")], longest=3, chat=True)
    assert "\n> abc\n" in writer.shown[0]


def test_the_explanation_rubric_is_the_paper_s() -> None:
    rubric = shipped("explanation")
    assert [criterion.name for criterion in rubric.criteria] == [
        "Factual accuracy",
        "Logical coherence",
        "Clarity",
        "Relevance",
        "Depth of argumentation",
    ]
    assert [rubric.verdicts[word] for word in rubric.words] == [1.0, 0.8, 0.6, 0.2, 0.0]
    assert (rubric.lowest, rubric.highest) == (0.0, 5.0)
    words = ["GOOD", "EXCELLENT", "NEEDS IMPROVEMENT", "UNSATISFACTORY", "SATISFACTORY"]
    lines = [f"{criterion.name}: {word}" for criterion, word in zip(rubric.criteria, words, strict=True)]
    assert rubric.read(Written(text="\n".join(lines), ended=True)) == pytest.approx(2.6)


def test_every_name_has_a_file_and_every_file_a_name() -> None:
    there = {file.name for file in (files("raylign.judges.questions") / "rubrics").iterdir()}
    assert there == {f"{name}.yaml" for name in NAMES}
    for name in NAMES:
        shipped(name).check(whose=name)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"criteria": CRITERIA[:1] * 2}, "two criteria are called 'Truth'"),
        ({"criteria": [{"name": "a:b", "about": "x"}]}, "pattern"),
        ({"criteria": [{"name": "a\nb", "about": "x"}]}, "pattern"),
        ({"criteria": [{"name": " a", "about": "x"}]}, "pattern"),
        ({"verdicts": {"GOOD": 1}}, "at least 2"),
        ({"criteria": []}, "at least 1"),
    ],
)
def test_a_rubric_that_could_not_be_read_is_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Rubric(**{"criteria": CRITERIA, "verdicts": {"A": 1, "B": 0}, **settings})


def test_its_template_knows_what_it_is_given() -> None:
    with pytest.raises(SpecError, match="the template of judge 'a' uses `truth`"):
        RUBRIC.model_copy(update={"template": "{{ truth }}"}).check(whose="judge 'a'")
