"""Laws over all methods. Two more are defined here alone: they keep every law, and train, with no edit elsewhere."""

import math
import pickle
from collections import Counter
from dataclasses import replace
from typing import Annotated, Literal

import pytest
import torch
from fakes import FakeFleet
from hypothesis import given, settings
from hypothesis import strategies as st
from loop_job import PROMPTS, make_job
from method_cases import METHODS, group, run, sample
from pydantic import Field, ValidationError

from raylign.judges.annotator import RewardAnnotator
from raylign.judges.kinds import AnyAnnotator
from raylign.loop.baselines import baselines
from raylign.loop.loop import train
from raylign.losses import Terms, build
from raylign.methods import CRPG, GRPO
from raylign.methods.calibration import baseline_problem, calibrated_reward
from raylign.methods.method import Method, Needs
from raylign.methods.selection import Chosen, Selection, Term, log_ratio, raw_reward
from raylign.objective import Objective
from raylign.record.checkpoint import Checkpoints, Progress
from raylign.record.samples import SampleFile
from raylign.sources.collect import Collector
from raylign.sources.online import Online
from raylign.spec import Task
from raylign.types import Preference


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
ALL = [*METHODS, CRPG(calibrate=False), GRPO(beta=0.0), *TOYS]
over_all = pytest.mark.parametrize("method", ALL, ids=lambda method: method.type)

rewards = st.one_of(st.none(), st.sampled_from([-2.0, 0.0, 1.0]), st.floats(-50, 50))
rows = st.tuples(rewards, st.sampled_from([True, True, False, None]), st.floats(-6, -0.01))
SIZES = {None: (1, 4), "several": (2, 4), "two": (2, 2)}


@st.composite
def batches(draw, method):
    """Groups as a task with this method gives them, and the reference's log-prob of every token."""
    needs, low_high = method.needs, SIZES[method.needs.compares]
    made = []
    for number in range(draw(st.integers(0, 4))):
        one = group(*draw(st.lists(rows, min_size=low_high[0], max_size=low_high[1])), number=number)
        if needs.baseline:
            reward, satisfied, _ = draw(rows)
            one = replace(one, baseline=sample(one.prompt, None, reward=reward, satisfied=satisfied))
        if needs.annotator:
            said = draw(st.one_of(st.none(), st.sampled_from([None, 0.0, 0.5, 1.0])))
            word = None if said is None else Preference(probability=said)
            one = replace(one, preference=draw(st.sampled_from([word, Preference(probability=None, reason="tie")])))
        made.append(one)
    return made, draw(st.floats(-6, -0.01))


def chosen_of(method, groups, reference):
    """Run on the scores of what was selected, and of nothing else."""
    selection = method.select(groups)
    known = {
        each.completion.key: (reference,) * len(each.completion.token_ids)
        for _, samples in selection.chosen
        for each in samples
    }
    chosen = method.weigh(selection, known)
    return chosen, selection.skips + chosen.skips


def told(chosen):
    """What is trained on, whatever its order."""
    return Counter((tuple(each.completion.key for each in term.samples), term.coefficient) for term in chosen.terms)


def without_verdicts(groups):
    def bare(one):
        return one and replace(one, verdicts=())

    return [replace(one, samples=tuple(map(bare, one.samples)), baseline=bare(one.baseline)) for one in groups]


@over_all
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_laws_of_choosing(method, data):
    groups, reference = data.draw(batches(method))
    chosen, skips = chosen_of(method, groups, reference)
    trained = [each for term in chosen.terms for each in term.samples]
    # The same again, and in whatever order the prompts come.
    assert told(chosen_of(method, groups, reference)[0]) == told(chosen)
    assert told(chosen_of(method, groups[::-1], reference)[0]) == told(chosen)
    # A term is made of its own group, and all are of one shape, which its loss takes.
    assert all(each in (*term.group.samples, term.group.baseline) for term in chosen.terms for each in term.samples)
    assert len({len(term.samples) for term in chosen.terms}) <= 1
    assert all(math.isfinite(term.coefficient) for term in chosen.terms)
    assert all(term.coefficient == 0 for term in chosen.terms if not method.moves(term))
    # Who is undecided is not trained on, but by a method that hears no judge.
    deaf = told(chosen_of(method, without_verdicts(groups), reference)[0]) == told(chosen)
    assert deaf or all(each.satisfied is not None for each in trained)
    # A missing reward is no reward of 0.
    assert not method.needs.reward or all(each.reward is not None for each in trained if each.satisfied)
    # Nothing is left out without a word.
    assert chosen.terms or not groups or skips.total()
    assert all(count > 0 and reason for reason, count in skips.items())


@over_all
def test_settings_are_plain_data(method):
    assert pickle.loads(pickle.dumps(method)) == method
    assert type(method).model_validate_json(method.model_dump_json()) == method
    assert method.kl_limit is None or method.kl_limit > 0
    assert not method.needs.judged_baseline or method.needs.baseline
    assert not method.needs.annotator or method.needs.compares == "two"


@over_all
def test_its_objective_takes_its_terms(method):
    pair = method.needs.compares == "two" or method.type == "codpo"
    shape = (3, 2 if pair else 1, 4)
    logprobs = -torch.rand(shape)
    terms = Terms(
        policy_UNT=logprobs, reference_UNT=logprobs - 0.1, behavior_UNT=logprobs, mask_UNT=torch.ones(shape),
        coefficient_U=torch.ones(3), stale_U=torch.zeros(3),
    )  # fmt: skip
    loss = build(method.objective, max_correction=2.0)(terms)
    assert loss.per_unit_U.shape == (3,)


def toy_task(method, **others):
    document = {
        "name": "talk", "prompts": {"path": "p"}, "prompts_per_step": 4, "samples_per_prompt": 2,
        "reward": {"model": "org/rm"}, "judges": [{"type": "regex", "name": "even", "pattern": "."}],
    }  # fmt: skip
    return ToyTask.model_validate({**document, "method": method.model_dump(), **others})


@pytest.mark.parametrize("toy", TOYS, ids=lambda toy: toy.type)
async def test_a_method_defined_in_a_test_alone_trains(tmp_path, toy):
    job = make_job(steps=4)
    job = job.model_copy(update={"tasks": (toy_task(toy), job.tasks[0])})
    fleet = FakeFleet()
    collector = Collector(fleet.workers, {task.name: task for task in job.tasks})
    with SampleFile(tmp_path / "baselines.jsonl") as made:
        await baselines(job, PROMPTS, collector, lambda prompt: (1, 2), made, lambda *event: None)
        mine = [one for prompt_id, one in made.items() if prompt_id.startswith("talk")]
        assert bool(mine) == toy.needs.baseline
        assert all(one.verdicts and one.reward is not None for one in mine)
        source = Online(job, PROMPTS, collector, baselines=made)
        await train(job, source, collector, PROMPTS, Checkpoints(tmp_path), lambda *event: None, Progress())
    trained = [example for batch in fleet.trainer.batches for example in batch if example.task == "talk"]
    assert trained
    assert {len(example.sequences) for example in trained} == ({2} if toy.needs.annotator else {1})


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


@pytest.mark.parametrize("method", [METHODS[0], GRPO(beta=0.0)], ids=lambda method: method.type)
@pytest.mark.parametrize("reward", [0.1, 1 / 3, 1e9 / 7])
@pytest.mark.parametrize("count", [2, 3, 11, 49])
def test_equal_rewards_have_exactly_no_advantage(method, reward, count):
    rows = [(reward, True, -1.0)] * count
    groups = [group(*rows, baseline=(0.0, True), number=number) for number in range(3)]
    chosen, _ = run(method, groups)
    assert len(chosen.terms) == 3 * count
    assert {term.coefficient for term in chosen.terms} == {0.0}
    assert [term for term in chosen.terms if method.moves(term)] == []


def test_a_term_moves_by_its_constant_or_by_a_penalty_that_stands_beside_it():
    chosen, _ = run(GRPO(), [group((5.0, True), (5.0, True)), group((-1.0, True), (1.0, True), number=1)])
    assert [term for term in chosen.terms if GRPO(beta=0.04).moves(term)] == chosen.terms
    assert [term for term in chosen.terms if GRPO(beta=0.0).moves(term)] == chosen.terms[2:]
    assert [term for term in chosen.terms if CRPG().moves(term)] == chosen.terms[2:]


@pytest.mark.parametrize("method", METHODS[:4], ids=lambda method: method.type)
def test_an_abstention_is_counted_and_never_trained_on(method):
    groups = [group((5.0, None), (1.0, True), (0.0, False), baseline=(0.0, True))]
    chosen, skips = run(method, groups)
    assert all(each.satisfied is not None for term in chosen.terms for each in term.samples)
    assert skips["abstained"] == 1


@pytest.mark.parametrize("method", METHODS[:4], ids=lambda method: method.type)
def test_a_missing_reward_is_never_a_zero_reward(method):
    groups = [group((None, True), (-4.0, True), (-6.0, False), baseline=(-5.0, True))]
    chosen, _ = run(method, groups)
    assert all(each.reward is not None for term in chosen.terms for each in term.samples)


@pytest.mark.parametrize("method", [METHODS[0], METHODS[2]], ids=lambda method: method.type)
def test_a_baseline_without_reward_leaves_nothing_to_calibrate(method):
    chosen, skips = run(method, [group((1.0, True), baseline=(None, True))])
    assert chosen.terms == []
    assert skips == {"baseline reward not finite": 1}


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.type)
def test_no_groups_are_no_terms(method):
    chosen, skips = run(method, [])
    assert chosen.terms == []
    assert not skips
