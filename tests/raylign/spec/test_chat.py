"""What a task may say to the chat template."""

import pytest
from loop_job import make_job

from raylign.errors import SpecError
from raylign.spec.chat import TAKEN


def of(**settings):
    document = make_job().model_dump(mode="json", exclude_none=True)
    document["tasks"][0] |= settings
    return make_job(tasks=document["tasks"]).tasks[0]


def test_words_numbers_and_truths_reach_it():
    said = {"enable_thinking": False, "date": "today", "budget": 3, "none": None}
    assert of(chat_template_kwargs=said).chat_template_kwargs == said
    assert of(system="Be kind.").system == "Be kind."
    assert (of().system, of().chat_template_kwargs) == (None, {})


@pytest.mark.parametrize("name", sorted(TAKEN))
def test_what_prompts_are_made_of_is_not_its(name):
    with pytest.raises(SpecError, match=f"`{name}` is not an argument of the template"):
        of(chat_template_kwargs={name: "x"})


@pytest.mark.parametrize("wrong", [{"a b": 1}, {"": 1}, {"deep": {"a": 1}}, {"long": "x" * 1001}])
def test_other_things_are_refused(wrong):
    with pytest.raises(SpecError, match="chat_template_kwargs"):
        of(chat_template_kwargs=wrong)
