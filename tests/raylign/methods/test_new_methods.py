"""Two methods that nothing but this file knows: lawful, asked for what they need, planned and trained, with no edit
elsewhere."""

from collections import Counter
from typing import Annotated, Literal

import pytest
from fakes import FakeFleet
from hypothesis import given
from hypothesis import strategies as st
from loop_job import make_job, take
from method_laws import batches, has_an_objective, is_plain_data, keeps_the_laws_of_choosing
from pydantic import Field, ValidationError

from raylign.judges.annotator import RewardAnnotator
from raylign.judges.kinds import AnyAnnotator
from raylign.judges.questions.pairwise import LLMAnnotator
from raylign.methods.calibration import baseline_problem, calibrated_reward
from raylign.methods.method import Method, Needs
from raylign.methods.selection import Chosen, Selection, Term, log_ratio, raw_reward
from raylign.objective import Objective
from raylign.plan.cluster import Cluster, Node
from raylign.plan.resolve import make_plan
from raylign.record.rundir import RunDirectory
from raylign.record.samples import SampleFile
from raylign.spec import Task


class Beats(Method):
    """Imitates every satisfying response that beats a satisfying baseline, by how much; the far ones not at all."""

    type: Literal["beats"] = "beats"
    reach: float = Field(default=5.0, gt=0)

    @property
    def needs(self):
        return Needs(reward=True, baseline=True, judged_baseline=True, compares="several")

    @property
    def kl_limit(self):
        return self.reach

    @property
    def objective(self):
        return Objective(loss="raylign.losses.likelihood:WeightedLikelihood", corrects_stale=True)

    def select(self, groups):
        chosen, skips = [], Counter()
        for one in groups:
            if (problem := baseline_problem(one)) or not one.baseline.satisfied:
                skips[problem or "baseline violates"] += 1
                continue
            usable = tuple(each for each in one.samples if each.satisfied and each.reward is not None)
            skips["unusable"] += len(one.samples) - len(usable)
            chosen.append((one, usable))
        return Selection(chosen=chosen, skips=+skips)

    def weigh(self, selection, scores):
        terms = []
        for one, usable in selection.chosen:
            for each in usable:
                near = log_ratio(each, scores) <= self.reach
                gain = max(calibrated_reward(each, one.baseline) - 0.5, 0.0)
                terms.append(Term(group=one, samples=(each,), coefficient=gain if near else 0.0))
        return Chosen(terms=terms)


class Agreed(Method):
    """DPO on the pairs on which annotator and reward model agree."""

    type: Literal["agreed"] = "agreed"
    beta: float = Field(default=0.1, gt=0)
    annotator: AnyAnnotator

    @property
    def needs(self):
        return Needs(reward=True, compares="two", annotator=self.annotator)

    @property
    def objective(self):
        return Objective(loss="raylign.losses.pairwise:DPO", settings={"beta": self.beta})

    def select(self, groups):
        chosen, skips = [], Counter()
        for one in groups:
            first, second = one.samples
            said = one.preference.probability if one.preference else None
            if said is None or None in (first.reward, second.reward, first.satisfied, second.satisfied):
                skips["no word"] += 1
            elif (said > 0.5) == (raw_reward(first) > raw_reward(second)):
                chosen.append((one, (first, second) if said > 0.5 else (second, first)))
            else:
                skips["no agreement"] += 1
        return Selection(chosen=chosen, skips=skips)

    def weigh(self, selection, scores):
        return Chosen(terms=[Term(group=one, samples=samples) for one, samples in selection.chosen])


class ToyTask(Task):
    """A task as a job with these two kinds would have it."""

    method: Annotated[Beats | Agreed, Field(discriminator="type")]  # type: ignore[assignment]


TOYS = [Beats(), Agreed(annotator=RewardAnnotator())]
over_toys = pytest.mark.parametrize("toy", TOYS, ids=lambda toy: toy.type)


@over_toys
@given(data=st.data())
def test_the_laws_of_choosing(toy, data):
    groups, reference = data.draw(batches(toy))
    keeps_the_laws_of_choosing(toy, groups, reference)


@over_toys
def test_settings_are_plain_data_and_name_a_loss(toy):
    is_plain_data(toy)
    has_an_objective(toy)


def toy_task(method, **others):
    document = {
        "name": "talk", "prompts": {"path": "p"}, "prompts_per_step": 4, "samples_per_prompt": 2,
        "reward": {"model": "org/rm"}, "judges": [{"type": "regex", "name": "even", "pattern": "."}],
    }  # fmt: skip
    return ToyTask.model_validate({**document, "method": method.model_dump(), **others})


@over_toys
async def test_they_train(tmp_path, toy):
    job = make_job(steps=4)
    job = job.model_copy(update={"tasks": (toy_task(toy), job.tasks[0])})
    fleet = FakeFleet()
    await take(job, fleet, tmp_path)
    with SampleFile(RunDirectory(tmp_path).baselines_path) as made:
        mine = [one for prompt_id, one in made.items() if prompt_id.startswith("talk")]
    assert bool(mine) == toy.needs.baseline
    assert all(one.verdicts and one.reward is not None for one in mine)
    trained = [example for batch in fleet.trainer.batches for example in batch if example.task == "talk"]
    assert trained
    assert {len(example.sequences) for example in trained} == ({2} if toy.needs.annotator else {1})


def test_a_plan_shows_its_limit_and_holds_the_model_that_it_asks(tmp_path):
    path = tmp_path / "prompts.jsonl"
    path.write_text('{"prompt": "Talk."}\n' * 4)
    asking = Agreed(annotator=LLMAnnotator(model="org/annotator", template="{{ first }} {{ second }}"))
    toys = (toy_task(toy, name=toy.type, prompts={"path": str(path)}) for toy in (Beats(reach=3.0), asking))
    job = make_job().model_copy(update={"tasks": tuple(toys)})
    plan = make_plan(job, Cluster(nodes=(Node(cpus=8.0, gpus=0.0, memory_bytes=2**40),)))
    assert [(task.method, task.kl_max) for task in plan.tasks] == [("beats", 3.0), ("agreed", None)]
    assert [actor.model for actor in plan.of("llm-judge")] == ["org/annotator"]


@pytest.mark.parametrize(
    ("toy", "lacking", "sentence"),
    [
        (TOYS[0], {"reward": None}, "method 'beats' ranks responses by reward"),
        (
            TOYS[0],
            {"samples_per_prompt": 1},
            "method 'beats' compares a prompt's responses: set samples_per_prompt to 2",
        ),
        (TOYS[1], {"samples_per_prompt": 4}, "method 'agreed' compares two responses: samples_per_prompt is 4, set it"),
    ],
)
def test_what_a_method_needs_is_asked_of_its_task(toy, lacking, sentence):
    with pytest.raises(ValidationError, match=sentence):
        toy_task(toy, **lacking)
