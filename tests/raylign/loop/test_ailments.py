"""What a run says of itself, once, and when it does not start at all."""

import re
from collections import Counter
from dataclasses import replace

import pytest
from fakes import make_completion, make_prompt
from loop_job import make_job
from pairs_job import pairs_job

from raylign.errors import NothingToTrain
from raylign.loop.ailments import ENOUGH, Ailments, require_examples, require_verdicts
from raylign.loop.prepare import TaskBatch
from raylign.methods.selection import Chosen, Term
from raylign.types import Group, Sample, StepStats
from raylign.verdicts import Verdict

TASK = make_job().tasks[0]


def sample(at: int, satisfied: bool | None, *, cut: bool = False, problem: str = "") -> Sample:
    completion = replace(make_completion(make_prompt(), at), finish="length" if cut else "stop")
    verdict = Verdict(judge="even", satisfied=satisfied, reason="crashed" if satisfied is None else "")
    return Sample(completion=completion, verdicts=(verdict,), reward_problem=problem)


def batch(*samples: Sample) -> list[TaskBatch]:
    group = Group(prompt=make_prompt(), samples=samples)
    return [
        TaskBatch(task=TASK, groups=[group], chosen=Chosen(terms=[]), scores={}, examples=[], skips=Counter()),
    ]


def told(*steps: list[TaskBatch]) -> list[str]:
    said: list[str] = []
    ailments = Ailments(lambda warned: said.append(warned.message))
    for step in steps:
        ailments.look(step)
    return said


MIXED = [sample(at, at % 2 == 0) for at in range(ENOUGH)]


def test_a_healthy_run_says_nothing() -> None:
    assert told(batch(*MIXED), batch(*MIXED)) == []


@pytest.mark.parametrize(
    ("ill", "words"),
    [
        (sample(0, True, cut=True), "20% of 80 responses were cut at `max_tokens`"),
        (sample(0, None), "20% of 80 responses got no verdict"),
        (sample(0, True, problem="too long"), r"20% of 80 responses got no reward \(too long\)"),
    ],
)
def test_a_loss_beyond_a_tenth_is_told_once(ill: Sample, words: str) -> None:
    (message,) = told(batch(*MIXED, *[ill] * 16), batch(*MIXED, *[ill] * 16))
    assert re.search(words, message)


def test_a_tenth_of_a_few_is_chance() -> None:
    assert told(batch(*[sample(at, at % 2 == 0, cut=at < 10) for at in range(ENOUGH - 1)])) == []


@pytest.mark.parametrize(("word", "words"), [(True, "it constrains nothing"), (False, "nothing to learn from it")])
def test_a_judge_of_one_word_is_told_once_and_by_its_first_words(word: bool, words: str) -> None:
    one_word = batch(*[sample(at, word) for at in range(ENOUGH)])
    (message,) = told(one_word, one_word)
    assert words in message
    assert told(batch(*MIXED), one_word, one_word) == []


def drawn(idle: int, of: int = ENOUGH) -> list[TaskBatch]:
    """A step of so many prompts, of which the first few gave no term."""
    groups = [Group(prompt=make_prompt(number=at), samples=(sample(at, at % 2 == 0),)) for at in range(of)]
    terms = [Term(group=group, samples=group.samples) for group in groups[idle:]]
    skips = Counter({"none satisfied": idle})
    return [TaskBatch(task=TASK, groups=groups, chosen=Chosen(terms=terms), scores={}, examples=[], skips=skips)]


def test_a_method_that_passes_over_more_than_a_tenth_of_the_prompts_is_told_once() -> None:
    assert told(drawn(6), drawn(6)) == []
    assert told(drawn(9, of=ENOUGH - 1)) == []
    (message,) = told(drawn(6), drawn(8), drawn(30))
    assert "11% of 128 prompts gave method 'crpg' nothing to train on (none satisfied 14)" in message
    assert "raise `samples_per_prompt`" in message


def test_of_a_file_s_responses_the_rows_are_to_be_set_right() -> None:
    (step,) = drawn(60)
    written = [
        replace(
            one, samples=tuple(replace(each, completion=replace(each.completion, version=None)) for each in one.samples)
        )
        for one in step.groups
    ]
    messages = told([replace(step, groups=written)])
    assert [message for message in messages if message.endswith("longer responses need a higher `max_tokens`")]
    assert not [message for message in messages if "samples_per_prompt" in message]


def test_judges_that_abstain_on_all_end_a_run_before_it_starts() -> None:
    groups = [Group(prompt=make_prompt(), samples=(sample(0, None),)) for _ in range(4)]
    with pytest.raises(NothingToTrain, match=r"abstained on all 4 responses before step 0 \(even: crashed \(4\)\)"):
        require_verdicts(TASK, groups)
    require_verdicts(TASK, [*groups, Group(prompt=make_prompt(), samples=(sample(0, False),))])
    require_verdicts(TASK.model_copy(update={"enforce_judges": False}), groups)
    require_verdicts(TASK, [])


def test_abstentions_that_count_as_violations_end_a_run_all_the_same() -> None:
    """Else every response of the run would be violated, and nobody would say that no judge ever spoke."""
    charged = Verdict(judge="even", satisfied=False, reason="no answer", charged=True)
    silent = replace(sample(0, None), verdicts=(charged, Verdict(judge="kind", satisfied=True)))
    groups = [Group(prompt=make_prompt(), samples=(silent,)) for _ in range(4)]
    with pytest.raises(NothingToTrain, match=r"abstained on all 4 responses before step 0 \(even: no answer \(4\)\)"):
        require_verdicts(TASK, groups)
    spoken = replace(silent, verdicts=(charged, Verdict(judge="kind", satisfied=False)))
    require_verdicts(TASK, [*groups, Group(prompt=make_prompt(), samples=(spoken,))])
    assert told(batch(*[silent] * ENOUGH)) == ["task 'math': judge 'kind' calls all 64 responses satisfied: it "
        "constrains nothing"]  # fmt: skip


def test_steps_with_nothing_to_train_on_end_a_run_by_their_reasons() -> None:
    (one,) = batch(*MIXED)
    empty = [replace(one, skips=Counter({"abstained": 3, "no gradient": 1})), replace(one, skips=Counter())]
    require_examples(empty, empty=2, limit=3)
    with pytest.raises(
        NothingToTrain, match=r"^3 steps in a row .* \(math: abstained 3, no gradient 1; math: no samples\)"
    ):
        require_examples(empty, empty=3, limit=3)


def test_what_a_method_finds_wrong_by_what_was_measured_is_said_once() -> None:
    said: list[str] = []
    ailments = Ailments(lambda warned: said.append(warned.message))
    task = pairs_job(task={"method": {"type": "sparsepo"}}).tasks[0]
    batches = [replace(one, task=task) for one in batch(*MIXED[:2])]
    for mask in (0.5, 0.0, 0.0):
        stats = StepStats(
            loss=1.0, loss_by_task={}, grad_norm=1.0, learning_rate=1e-3, metrics_by_task={"talk": {"mask": mask}}
        )
        ailments.look(batches, stats)
    assert len(said) == 1
    assert said[0].startswith("task 'talk': the masks of the log-ratios are zero at every token")
