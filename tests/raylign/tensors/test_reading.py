"""Policy and reference on one batch: prompts read once or again and again, the same reading."""

from pathlib import Path

import pytest
import torch

from actors.loading import load_policy
from benchmarks.tiny_models import make_policy
from raylign.tensors.collate import collate
from raylign.tensors.logprobs import response_logprobs
from raylign.tensors.reading import read_beside
from raylign.tensors.watched import Watched

PROMPT = (5, 6, 7, 8, 9, 10, 11)
PAIRS = [(PROMPT, (12, 13, 1)), (PROMPT, (14,)), ((20, 21), (22, 23))]
CLOSE = {"rtol": 0.0, "atol": 3e-6}


@pytest.mark.parametrize("share", [False, True])
@pytest.mark.parametrize("architecture", ["llama", "gpt2"])
def test_a_reading_is_that_of_each_sequence_alone(architecture: str, share: bool, tmp_path: Path) -> None:
    policy, reference = (
        load_policy(
            str(make_policy(tmp_path / name, architecture=architecture, seed=seed)), dtype="float32", device="cpu"
        )
        for seed, name in enumerate(("policy", "reference"))
    )
    batch = collate(PAIRS)
    watched = Watched(reference, reference, reads={"states", "maps"})
    with torch.no_grad():
        logprobs, reading = read_beside(policy, watched, batch, temperature=0.8, share_prompts=share)
        expected = response_logprobs(policy, batch, temperature=0.8, share_prompts=share)
        torch.testing.assert_close(logprobs, expected, **CLOSE)
        for row, (prompt, response) in enumerate(PAIRS):
            ids = torch.tensor([[*prompt, *response]])
            at = slice(len(prompt) - 1, len(prompt) + len(response) - 1)
            ours, theirs = (model(input_ids=ids).logits[0, at] / 0.8 for model in (policy, reference))
            kl = torch.nn.functional.kl_div(
                ours.log_softmax(-1), theirs.log_softmax(-1), log_target=True, reduction="none"
            )
            torch.testing.assert_close(reading.divergence[row, : len(response)], kl.sum(-1), **CLOSE)
            assert reading.divergence[row, len(response) :].abs().sum() == 0
            states, maps = watched.states_and_maps([one[0, at] for one in watched(input_ids=ids).seen])
            assert reading.states is not None
            assert reading.maps is not None
            torch.testing.assert_close(reading.states[row, : len(response)], states, **CLOSE)
            torch.testing.assert_close(reading.maps[row, : len(response)], maps, **CLOSE)
