"""What an alignment job may sample in a step, and what may not be begun before its turn."""

import pytest
from loop_job import make_job

from raylign import bounds
from raylign.errors import SpecError


def asking(of, **settings):
    talk = make_job().model_dump(mode="json")["tasks"][2]
    talk["method"] |= {"asking": {"of": of}}
    return make_job(tasks=[talk | {"prompts_per_step": settings.pop("prompts_per_step", 4)}], **settings)


def test_a_step_s_samples_are_bounded_those_that_nobody_is_asked_about_included():
    most = bounds.SAMPLES_PER_STEP // (2 * 64)
    assert asking(64, prompts_per_step=most).kind == "align"
    with pytest.raises(SpecError, match=f"a step would sample {2 * 64 * (most + 1)} responses"):
        asking(64, prompts_per_step=most + 1)


def test_a_choice_by_the_labels_before_waits_for_them():
    assert asking(2).rollout.max_staleness == 0
    with pytest.raises(SpecError, match="`asking` chooses by the labels of all steps before"):
        asking(2, rollout={"max_staleness": 1})
