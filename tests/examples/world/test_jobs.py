"""The recipe of the tiny models: right jobs, each from what it is to begin with."""

import json

from examples.world.amounts import Amounts
from examples.world.jobs import MODELS, recipe
from examples.world.models import untaught_model
from examples.world.world import make_tokenizer, write_lessons
from raylign.plan.stages import check_work, together
from raylign.spec import parse_job


def test_the_recipe_is_right_by_the_files_it_is_given(tmp_path):
    few = Amounts(documents=600, cases=300, comparisons=300, policy_steps=40)
    write_lessons(tmp_path / "lessons", few)
    untaught_model(0).save_pretrained(tmp_path / "untaught")
    make_tokenizer(few).save_pretrained(tmp_path / "untaught")
    work = parse_job(json.loads(json.dumps(recipe(tmp_path, few))))
    assert [job.name for job in work.stages] == list(MODELS)
    assert [job.kind for job in work.stages] == ["sft", "reward_model", "reward_model", "sft"]
    assert {job.policy.model for job in work.stages[1:]} == {"stage://policy"}
    assert (work.stages[0].steps, work.stages[0].trainer.schedule.warmup_steps) == (40, 2)
    told = together(work, check_work(work))
    assert told.warnings == ()
    counts = {"policy/lessons": 600, "helpfulness/lessons": 300, "safety/lessons": 300, "judge/lessons": 300}
    assert told.prompts == counts
