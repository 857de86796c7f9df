import pytest
from jinja2 import UndefinedError

from raylign.show.report.environment import environment


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{{ x }}", "&lt;b&gt;\u241b"),
        ("{{ y }}", "–"),
        ("{{ 0.256 | percent }}", "26%"),
        ("{{ none | decimal }}", "–"),
        ("{{ 1.005 | decimal(1) }}", "1.0"),
        ("{{ (0.4, 0.65) | points }}", "+25"),
        ("{{ (0.41, 0.65) | bounds }}", "41 to 65"),
        ("{{ (-0.03, 0.4) | bounds(signed=true) }}", "-3 to +40"),
        ("{{ none | size }}", "unknown"),
    ],
)
def test_numbers_and_texts_are_shown_as_people_read_them(template, shown):
    assert environment().from_string(template).render(x="<b>\x1b", y=None) == shown


def test_what_is_not_there_is_an_error():
    with pytest.raises(UndefinedError):
        environment().from_string("{{ nothing.there }}").render()
