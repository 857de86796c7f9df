"""The settings of a choice."""

import pytest
from pydantic import ValidationError

from raylign.acquisition.acquisition import Acquisition


def test_defaults_are_the_papers_where_it_has_them():
    how = Acquisition(budget=8)
    assert (how.type, how.alpha, how.searched) == ("adpo_plus", 3.0, 256)
    assert Acquisition.model_validate_json(how.model_dump_json()) == how


@pytest.mark.parametrize("wrong", [{}, {"budget": 0}, {"budget": 8, "type": "best"}, {"budget": 8, "gamma": 0}])
def test_what_is_no_choice_is_refused(wrong):
    with pytest.raises(ValidationError):
        Acquisition.model_validate(wrong)
