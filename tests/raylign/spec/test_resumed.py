"""What may change of a job whose run goes on."""

import pytest
from documents import document

from raylign.errors import SpecError
from raylign.spec import parse_job
from raylign.spec.resumed import resumed


@pytest.mark.parametrize(("ranks", "stage"), [(1, 0), (2, 1)])
def test_another_number_of_ranks_keeps_the_stage(ranks: int, stage: int) -> None:
    began = parse_job(document(trainer={"ranks": ranks})).jobs[0]
    (job,) = resumed(began.model_dump(mode="json"), ["trainer.ranks=3"], source="job.json").jobs
    trainer = began.trainer.model_copy(update={"ranks": 3, "zero_stage": stage})
    assert job == began.model_copy(update={"trainer": trainer})
    assert resumed(began.model_dump(mode="json"), [], source="job.json") == began


@pytest.mark.parametrize("setting", ["steps=9", "trainer.zero_stage=3", "trainer", "trainer.rank=2"])
def test_anything_else_stays_as_it_is(setting: str) -> None:
    with pytest.raises(SpecError, match=r"stays as it is, only `trainer.ranks` may change"):
        resumed(document(), [setting], source="job.json")


def test_a_wrong_number_is_told_as_ever() -> None:
    with pytest.raises(SpecError, match=r"job.json: 'trainer.ranks' is 0"):
        resumed(document(), ["trainer.ranks=0"], source="job.json")


def test_a_recipe_goes_on_as_it_is() -> None:
    stage = document() | {"kind": "align", "name": "one"}
    recipe = {"kind": "recipe", "name": "two", "stages": [stage]}
    with pytest.raises(SpecError, match="a recipe's stages go on with the ranks they have"):
        resumed(recipe, ["trainer.ranks=2"], source="job.json")
