"""A budget of a file's pairs: chosen once, the same for whoever resumes, and nothing else trained on."""

import json
from dataclasses import replace

import pytest
from fakes import FakeFleet, make_prompt
from loop_job import take
from pairs_job import pairs_job

from raylign.errors import SpecError
from raylign.record.events.payloads import Status

TEXTS = [("b" * (2 + number % 5), "w" * (3 + number % 3)) for number in range(40)]
SELECT = {"budget": 6, "searched": 8}


async def run(job, fleet, directory, *, texts=TEXTS, **how):
    prompts = [
        replace(make_prompt("talk", number, rejected=worse), baseline=better)
        for number, (better, worse) in enumerate(texts)
    ]
    encode = lambda one: tuple(map(ord, one.baseline))  # noqa: E731
    await take(job, fleet, directory, prompts={"talk": prompts}, encode=encode, **how)


def trained(fleet):
    """What was learned from, by text."""
    return {
        tuple("".join(map(chr, one.response_ids)) for one in example.sequences)
        for batch in fleet.trainer.batches
        for example in batch
    }


async def chosen(directory, **select):
    fleet, said = FakeFleet(), []
    job = pairs_job(steps=9, task={"select": {**SELECT, **select}})
    await run(job, fleet, directory, emit=said.append)
    return json.loads((directory / "chosen-talk.json").read_text()), fleet, said


@pytest.mark.parametrize("way", ["adpo_plus", "adpo", "apo", "gap", "entropy", "uniform"])
async def test_only_a_budget_of_the_pairs_is_trained_on(tmp_path, way):
    kept, fleet, said = await chosen(tmp_path, type=way)
    assert (kept["type"], kept["of"], len(set(kept["places"]))) == (way, 40, 6)
    assert len(fleet.trainer.batches) == 9  # three epochs of six
    assert trained(fleet) == {TEXTS[place] for place in kept["places"]}
    shown = [json.loads(line) for line in (tmp_path / "chosen-talk.jsonl").read_text().splitlines()]
    assert [(one["chosen"], one["rejected"]) for one in shown] == [TEXTS[place] for place in kept["places"]]
    told = [one.detail for one in said if isinstance(one, Status) and one.phase == "chose pairs"]
    assert told[0].startswith(f"task 'talk': 6 of 40 pairs by {way}, in ")


async def test_a_resumed_run_goes_on_with_what_was_chosen(tmp_path):
    kept, _, _ = await chosen(tmp_path)
    kept["places"] = [0, 1, 2, 3, 4, 5]
    (tmp_path / "chosen-talk.json").write_text(json.dumps(kept))
    again = FakeFleet()
    await run(pairs_job(steps=9, task={"select": SELECT}), again, tmp_path)
    assert "embed" not in again.calls
    assert trained(again) == set(TEXTS[:6])


async def test_it_is_a_function_of_job_file_and_reference(tmp_path):
    same = [(await chosen(tmp_path / name))[0]["places"] for name in "ab"]
    assert same[0] == same[1] == sorted(same[0])
    assert (await chosen(tmp_path / "c", pool=7))[0]["of"] == 7


async def test_pairs_that_say_nothing_are_no_candidates(tmp_path):
    texts = [("same", "same")] * 30 + TEXTS[:8]
    job = pairs_job(steps=1, task={"select": SELECT})
    order = [*texts[30:], *texts[:30]]
    await run(job, FakeFleet(), tmp_path, texts=order)
    kept = json.loads((tmp_path / "chosen-talk.json").read_text())
    assert kept["of"] == 8
    assert max(kept["places"]) < 8


async def test_a_budget_beyond_the_pairs_is_refused(tmp_path):
    with pytest.raises(SpecError, match="has a budget of 41 pairs, and of 40 rows looked at 40 hold one"):
        await run(pairs_job(task={"select": {"budget": 41}}), FakeFleet(), tmp_path)


@pytest.mark.parametrize(
    ("task", "says"),
    [
        ({"select": {"budget": 1}}, "a step takes 2 pairs, and `select.budget` leaves 1"),
        ({"select": {"budget": 9, "pool": 8}}, "`select` chooses 9 pairs of a pool of 8"),
        ({"select": {"budget": 9}, "method": {"loss": "simpo"}}, "`select` asks the reference about every pair"),
    ],
)
def test_a_choice_that_is_none_is_refused(task, says):
    with pytest.raises(SpecError, match=says):
        pairs_job(task=task)
