"""A job's templates: what they see, and what they cannot do to whoever checks or fills them."""

import re
import tracemalloc
from dataclasses import replace

import pytest
from fakes import make_prompt

from raylign.errors import SpecError
from raylign.judges.questions.templates import FAILURES, LONGEST, asked, check_template, fill

GIVEN = frozenset({"prompt", "messages", "metadata", "response"})

TURNS = (
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello"},
    {"role": "user", "content": "Why?"},
)
MOST_BYTES = 3 * LONGEST
"""What a short template may take: what it may make, and to be read. The least number or list below, computed, takes
more."""
BOMBS = [
    "{{ 10 ** (10 ** 7) }}",
    "{{ 'a' * 2000000000 }}",
    "{{ 2000000000 * 'a' }}",
    "{{ [1] * 2000000000 }}",
    "{{ '%2000000000d' % 1 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{% for a in range(10000000) %}{% endfor %}",
    "{{ (1, 2) * 10 ** 9 }}",
    "{{ ''.ljust(2000000000) }}",
    "{{ '{:2000000000}'.format(1) }}",
    "{% set x = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' %}" + "{% set x = x ~ x %}" * 40 + "{{ x }}",
    "{% set x = 'aa' %}" + "{% set x = x.replace('a', x) %}" * 40,
    "{% set x = 'aa' %}" + "{% set x = x | replace('a', x) %}" * 40,
    "{% set x = 'aa' %}" + "{% set x = x | list | join(x) %}" * 40,
    "{% for a in range(99999) %}{% for b in range(99999) %}" + "-" * 99 + "{% endfor %}{% endfor %}",
    "{% for a in range(99999) %}{{ '-' * 99 }}{% endfor %}",
]
FOREIGN = [
    (
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "statement in its line 1 that is none of `if`, `for` and `set`",
    ),
    ("\n{% set x %}a{% endset %}", "statement in its line 2"),
    ("{% filter upper %}a{% endfilter %}", "statement in its line 1"),
    ("{% for a in messages recursive %}{{ loop(messages) }}{% endfor %}", "statement in its line 1"),
    ("{{ prompt | center(2000000000) }}", "uses the filter `center`, which it is not given: it has abs, "),
    ("{{ prompt | uper }}", "uses the filter `uper`, which it is not given: did you mean `upper`"),
    ("{{ lipsum(9999) }}", "uses `lipsum`, which it is not given"),
]


def test_one_turn_is_itself_and_several_are_a_transcript() -> None:
    one = make_prompt()
    assert fill("{{ prompt }}", str.upper, **asked(one)) == "QUESTION 0"
    several = asked(replace(one, messages=TURNS, question="Why?"))
    assert fill("{{ prompt }}", str, **several) == "System: Be brief.\n\nUser: Hi\n\nAssistant: Hello\n\nUser: Why?"
    assert fill("{{ messages[0].content }}|{{ messages | length }}", str.upper, **several) == "BE BRIEF.|4"


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("its own: {{ metadata.deep }}", "its own: {'LIST': ['Y', 1]}"),
        ("{{ metadata.fact ~ '!' }}", "X!"),
        ("{{ metadata[metadata.key] }}", "X"),
        ("{{ response.split('b')[1] }}", "C"),
        ("{% if metadata.fact == 'x' %}<own>{{ response }}{% endif %}", "<own>ABC"),
        ("{% for word in response %}{{ word }}-{% endfor %}", "A-B-C-"),
    ],
)
def test_what_is_put_out_is_shown_and_what_is_looked_at_stays_as_it_is(template: str, text: str) -> None:
    prompt = make_prompt(fact="x", deep={"list": ["y", 1]}, key="fact")
    assert fill(template, str.upper, **asked(prompt), response="abc") == text


@pytest.mark.parametrize("template", BOMBS)
def test_a_bomb_is_neither_computed_when_checked_nor_let_swell_when_filled(template: str) -> None:
    tracemalloc.start()
    try:
        check_template(template, source="the judge", variables=GIVEN)
        with pytest.raises(FAILURES):
            fill(template, str)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST_BYTES


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ 2 ** 10 }}", "1024"),
        ("{{ '-' * 3 }}", "---"),
        ("{{ 7 % 4 }}", "3"),
        ("{{ 'a' + 'b' }}\n", "ab\n"),
        ("{{ 'a' ~ 1 ~ none }}", "a1None"),
        ("{{ ['a', 1] | join(', ') }}", "a, 1"),
        ("{{ 'banana' | replace('a', 'oo') }}", "boonoonoo"),
        ("{% for key, value in {'a': 1}.items() %}{{ key }}{{ value }}{% endfor %}", "a1"),
    ],
)
def test_ordinary_operators_work(template: str, text: str) -> None:
    assert fill(template, str) == text


@pytest.mark.parametrize("template", ["{{ x }}", "{{ x.__class__.__mro__ }}", "{{ ''.__class__ }}", "{{ 1 / 0 }}"])
def test_what_cannot_be_filled_raises_what_its_reader_expects(template: str) -> None:
    with pytest.raises(FAILURES):
        fill(template, str)


def test_a_broken_template_is_refused_with_its_line() -> None:
    check_template("{{ prompt }}", source="judge 'safety'", variables=GIVEN)
    with pytest.raises(SpecError, match=r"judge 'safety' is not a Jinja template: .* line 2"):
        check_template("a\n{{ prompt", source="judge 'safety'", variables=GIVEN)


def test_a_template_nested_beyond_all_reading_is_refused() -> None:
    with pytest.raises(SpecError, match="nested too deeply"):
        check_template("{{ " + "(" * 20_000 + "1" + ")" * 20_000 + " }}", source="judge 'deep'", variables=GIVEN)


@pytest.mark.parametrize("template", ["{{ respones }}", "{% if answer %}{% endif %}", "{{ prompt[index] }}"])
def test_a_variable_that_is_not_given_is_refused(template: str) -> None:
    with pytest.raises(SpecError, match=r"of the judge uses `(respones|answer|index)`.*it has `messages`, `metadata`"):
        check_template(template, source="the judge", variables=GIVEN)


def test_variables_of_the_template_itself_are_known() -> None:
    template = (
        "{% set last = messages[-1] %}{{ last.role }}"
        "{% for one in messages %}{{ loop.index }}{{ range(2) }}{{ one.content }}{% endfor %}"
    )
    check_template(template, source="the judge", variables=GIVEN)


@pytest.mark.parametrize(("template", "said"), FOREIGN)
def test_what_templates_here_do_not_do_is_refused_when_checked(template: str, said: str) -> None:
    with pytest.raises(SpecError, match=re.escape(said)):
        check_template(template, source="the judge", variables=GIVEN)
