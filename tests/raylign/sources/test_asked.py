"""An annotator that is asked about some of a step's pairs: these are learned from, and a run resumes with them."""

import json

import pytest
from fakes import FakeFleet, make_prompt
from loop_job import make_job, resumed_equals_uninterrupted, take

from raylign.errors import SpecError
from raylign.record.events.payloads import StepDone

PROMPTS = {"talk": [make_prompt("talk", number) for number in range(40)]}


def job(asking=None, **settings):
    talk = make_job().model_dump(mode="json")["tasks"][2]
    talk["method"] |= {"asking": {"of": 3, **(asking or {})}}
    return make_job(tasks=[talk], **settings)


class Counting(FakeFleet):
    """Counts whom the annotator was asked about."""

    def __init__(self):
        super().__init__()
        self.asked, plain = [], self.judges.prefer

        async def prefer(pairs):
            self.asked.append([prompt.id for prompt, *_ in pairs])
            return await plain(pairs)

        self.judges.prefer = prefer


async def run(job, fleet, directory, **how):
    await take(job, fleet, directory, prompts=PROMPTS, **how)


async def test_one_pair_in_so_many_is_asked_about_and_learned_from(tmp_path):
    fleet, said = Counting(), []
    await run(job(), fleet, tmp_path, emit=said.append)
    assert [len(requests) for requests in fleet.rollouts.asked if len(requests) > 4] == [2 * 3 * 4] * 6
    assert [len(prompts) for prompts in fleet.asked] == [4] * 6
    kept = [json.loads(line) for line in (tmp_path / "asked-talk.jsonl").read_text().splitlines()]
    assert [row["prompt"] for row in kept] == [prompt for prompts in fleet.asked for prompt in prompts]
    assert [row["step"] for row in kept] == [step for step in range(6) for _ in range(4)]
    steps = [one for one in said if isinstance(one, StepDone)]
    assert [step.tasks["talk"].prompts for step in steps] == [4] * 6
    trained = [example for batch in fleet.trainer.batches for example in batch]
    assert len(trained) == 6 * 4


@pytest.mark.parametrize("way", ["adpo", "apo", "entropy", "uniform"])
async def test_resumed_equals_uninterrupted(tmp_path, way):
    await resumed_equals_uninterrupted(run, job({"type": way}), FakeFleet, tmp_path, left_at=2)
    whole, again = (
        [json.loads(line) for line in (tmp_path / name / "asked-talk.jsonl").read_text().splitlines()]
        for name in ("whole", "broken")
    )
    assert whole == again


async def test_what_was_said_before_decides_whom_it_is_asked_about(tmp_path):
    chosen = []
    for name, turned in (("as it is", False), ("turned", True)):
        fleet = Counting()
        if turned:
            plain = fleet.judges.prefer

            async def prefer(pairs, plain=plain):
                return [type(one)(probability=1 - one.probability) for one in await plain(pairs)]

            fleet.judges.prefer = prefer
        await run(job({"alpha": 0.0}), fleet, tmp_path / name)
        chosen.append(fleet.asked)
    assert chosen[0][0] == chosen[1][0]
    assert chosen[0] != chosen[1]


def test_it_is_refused_where_it_has_nothing_to_go_by():
    talk = make_job().model_dump(mode="json")["tasks"][2]
    talk["method"] |= {"asking": {}, "loss": "simpo"}
    with pytest.raises(SpecError, match="the loss has none: leave out one"):
        make_job(tasks=[talk])
