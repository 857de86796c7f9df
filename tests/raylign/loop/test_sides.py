"""Two models against each other: shares with their intervals, rewards prompt by prompt."""

import json

from event_stream import evaluated
from fakes import make_prompt

from raylign.loop.evaluate import Evaluated
from raylign.loop.sides import sides
from raylign.types import Completion, Group, Sample


def group(number, reward):
    completion = Completion(
        prompt_id=f"math/{number}", index=0, text="4", token_ids=(1,), logprobs=(0.0,), finish="stop", version=None
    )
    return Group(prompt=make_prompt(number), samples=(Sample(completion=completion, verdicts=(), reward=reward),))


def side(satisfied, rewards):
    groups = [group(number, reward) for number, reward in enumerate(rewards)]
    measured = evaluated(satisfied=satisfied, judges={"even": satisfied}, prompts=40, asked={"even": 40})
    return Evaluated(tasks={"math": measured}, groups={"math": groups})


def test_both_stand_side_by_side_with_what_chance_may_do():
    found = sides({"base": side(0.25, [0.0, 1.0, None]), "result": side(0.75, [1.0, 2.5, 3.0])}, "math", samples=2)
    rows = {row.name: row for row in found.rows}
    assert rows["satisfied"].values == (0.25, 0.75)
    assert 0.2 < rows["satisfied"].change[0] < 0.5 < rows["satisfied"].change[1]
    assert rows["even"].bounds[0][0] < 0.25 < rows["even"].bounds[0][1]
    low, high = rows["reward"].change  # of 1.0 and 1.5: where one has none, nothing changed
    assert low < 1.25 < high
    assert (found.prompts, len(found.samples)) == (3, 2)
    told = json.loads(json.dumps(found.to_dict()))
    assert told["metrics"]["satisfied"]["result"] == 0.75
    assert told["samples"][0]["base"]["reward"] == 0.0
