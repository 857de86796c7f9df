"""Words of other trainers get ours."""

import re

import pytest
from documents import document, task

from raylign.errors import SpecError
from raylign.spec import Job, hints, parse_job


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (document(lr=1e-5), "unknown key 'lr'; here that is `trainer.learning_rate`"),
        (document(trainer={"lr": 1e-5}), "unknown key 'trainer.lr'; here that is `trainer.learning_rate`"),
        (document(**{"max-new-tokens": 8}), "unknown key 'max-new-tokens'; here that is `rollout.max_tokens`"),
        (document(wandb={"project": "x"}), "unknown key 'wandb'; here that is `trackers`, a list"),
        (document(kl_max=3), "unknown key 'kl_max'; it stands under `tasks[].method`"),
        (document(rollout={"steps": 3}), "unknown key 'rollout.steps'; it stands at the top"),
        (document(rollout={"min_tokens": 3}), "did you mean 'max_tokens'? 'min_tokens' itself stands under `tasks[]`"),
        (document(rollout={"top_p": 0.9}), "unknown key 'rollout.top_p'; not there: what is trained is the whole"),
        (document(rollout={"stop": ["x"]}), "unknown key 'rollout.stop'; it stands under `tasks[]`"),
        (document(max_tokens=3), "unknown key 'max_tokens'; it stands under `rollout` or under `tasks[]`"),
        (task(judges=[{"type": "poem"}]), "unknown type 'poem'; Types: math, instructions, code, length, regex, "),
        (task(method={"type": "crgp"}), "unknown type 'crgp'; did you mean 'crpg'? Types: crpg, codpo, crraft, oaif,"),
        (task(method={"type": "dpo"}), "unknown type 'dpo'; online DPO is `{type: oaif, loss: dpo}`"),
        (task(method={"type": "dr_grpo"}), "`{type: grpo, normalize: false, beta: 0}` in a task with `per: limit`"),
    ],
)
def test_words_of_other_trainers_and_places_get_ours(wrong, says):
    with pytest.raises(SpecError) as refused:
        parse_job(wrong)
    assert says in str(refused.value)


def test_every_hint_names_settings_that_exist():
    known = {f"{place}.{name}".removeprefix(".") for place, name in hints.fields(Job)}
    named = re.findall(r"`([a-z_.\[\]]+)`", " ".join(hints.FOREIGN.values()))
    assert len(named) > 50
    assert {name for name in named if name.replace("[]", "") not in {key.replace("[]", "") for key in known}} == set()
    # `model` is a key of many places; at a wrong one the policy's is meant. Where `optimizer` is AdamW's none stands.
    assert set(hints.FOREIGN) & {name for _, name in hints.fields(Job)} == {"model", "optimizer", "wandb"}
