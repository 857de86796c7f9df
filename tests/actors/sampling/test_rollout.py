import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from depths import proof
from engine_process import Call, engine_process, in_this_process, keep, kept
from transformers import AutoModelForCausalLM, AutoTokenizer

from actors.sampling.rollout import RolloutWorker
from actors.sampling.rollout_pool import spread
from benchmarks.tiny_models import SERVED, make_policy
from raylign.errors import RunError, SpecError
from raylign.spec.parts import RolloutSettings
from raylign.types import Completion, Prompt, Request

# The engines start on a reference's weights; all else is the policy's. The reference has an end token of its own.
POLICY, REFERENCE, REFERENCES_END = "policy", "reference", 20
VLLM = pytest.param("vllm", marks=pytest.mark.vllm)
ENGINES = [VLLM, "transformers"]


def requests(model: Path, *, samples: int = 2, max_tokens: int = 12, temperature: float = 1.0) -> list[Request]:
    tokenizer = AutoTokenizer.from_pretrained(model.parent / POLICY)
    made = []
    for number, text in enumerate(["<user>2+3=<eos>", "<user>name a color, please<eos><assistant>", "a", "9*9"]):
        prompt = Prompt(
            task="t", id=f"t/{number}", text=text, question=text, messages=(), token_ids=tuple(tokenizer.encode(text))
        )
        made += [
            Request(prompt=prompt, index=at, seed=100 * number + at, temperature=temperature, max_tokens=max_tokens)
            for at in range(samples)
        ]
    return made


def start(engine: str, model: Path) -> None:
    rollout = RolloutSettings(engine=engine, memory_gb=0.02)  # type: ignore[arg-type]
    settings = {"model": str(model.parent / POLICY), "weights": str(model), "device": "cpu", "threads": 1}
    keep(lambda: RolloutWorker(dtype="float32", rollout=rollout, **settings))  # type: ignore[arg-type]


def generate(asked: list[Request], version: int | None = None) -> list[Completion]:
    found = [completion for handful in kept().generate(asked, version) for completion in handful]
    return sorted(found, key=lambda completion: (completion.prompt_id, completion.index))


def score(prompt_ids: tuple[int, ...], response_ids: tuple[int, ...]) -> list[float]:
    return kept().logprobs_of(prompt_ids, response_ids)


def abandon(asked: list[Request]) -> int:
    next(kept().generate(asked, None))
    return len(generate(asked))


@cache
def loaded(model: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)


def expected(model: Path, asked: Request, completion: Completion, *, ends: Sequence[int] = ()) -> list[float]:
    policy = loaded(model)
    ids = torch.tensor([[*asked.prompt.token_ids, *completion.token_ids]])
    first = len(asked.prompt.token_ids)
    with torch.no_grad():
        logits = policy(ids).logits[0, first - 1 : -1] / (asked.temperature or 1.0)
    logits[: asked.min_tokens, list(ends)] = -torch.inf
    return logits.log_softmax(-1).gather(1, ids[0, first:, None])[:, 0].tolist()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_policy(folder / POLICY, seed=1, **SERVED)
    reference = make_policy(folder / REFERENCE, eos_token_id=REFERENCES_END, **SERVED)
    for file in reference.glob("tokenizer*"):
        file.unlink()
    return reference


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest, model: Path) -> Call:
    call: Call = request.getfixturevalue("vllm_process") if request.param == "vllm" else in_this_process
    call(start, request.param, model)
    return call


def test_every_request_is_answered_with_its_own_log_probs(engine: Call, model: Path) -> None:
    asked = requests(model, temperature=0.7)
    made = engine(generate, asked)
    assert [(made.prompt_id, made.index) for made in made] == [(one.prompt.id, one.index) for one in asked]
    for one, completion in zip(asked, made, strict=True):
        assert completion.version is None
        assert completion.logprobs == pytest.approx(expected(model, one, completion), abs=1e-4)


def test_samples_follow_their_seeds(engine: Call, model: Path) -> None:
    asked = requests(model)
    first, again = engine(generate, asked), engine(generate, asked)
    assert first == again
    assert first[0].token_ids != first[1].token_ids


@pytest.mark.parametrize("engine", [VLLM, proof("transformers")], indirect=True)
def test_a_fresh_process_repeats_the_bits(engine: Call, model: Path, request: pytest.FixtureRequest) -> None:
    asked = requests(model)
    before = engine(generate, asked)
    with engine_process() as another:
        another(start, request.node.callspec.params["engine"], model)
        assert another(generate, asked) == before


def test_two_workers_sample_what_one_does(engine: Call, model: Path) -> None:
    """Tokens are the same; of log-probs the last bits may depend on what else is in the batch."""
    asked = requests(model, samples=8)
    one = engine(generate, asked)
    shares = spread(asked, 2)
    assert all(shares)
    two = sorted((made for share in shares for made in engine(generate, share)), key=lambda m: (m.prompt_id, m.index))
    assert [made.token_ids for made in two] == [made.token_ids for made in one]
    for made, same in zip(two, one, strict=True):
        assert made.logprobs == pytest.approx(same.logprobs, abs=1e-5)


def test_the_policys_end_token_ends_and_is_part_of_the_response(engine: Call, model: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(model.parent / POLICY)
    made = engine(generate, requests(model, samples=64, max_tokens=20))
    stopped = [one for one in made if one.finish == "stop"]
    cut = [one for one in made if one.finish == "length"]
    assert stopped
    assert cut
    assert all(one.token_ids.index(tokenizer.eos_token_id) == len(one.token_ids) - 1 for one in stopped)
    assert all(len(one.token_ids) == 20 and tokenizer.eos_token_id not in one.token_ids for one in cut)
    assert any(REFERENCES_END in one.token_ids[:-1] for one in made)
    assert all(one.text == tokenizer.decode(one.token_ids, skip_special_tokens=True) for one in made)


def test_a_response_ends_where_it_spells_a_stop_string(engine: Call, model: Path) -> None:
    """It is the beginning of what it would have been, to the log-prob; its text is what stands before."""
    free = requests(model, samples=32, max_tokens=20)
    stop = ("12", "e", "st")
    whole, ended = engine(generate, free), engine(generate, [replace(one, stop=stop) for one in free])
    tokenizer = AutoTokenizer.from_pretrained(model.parent / POLICY)
    changed = 0
    for before, after in zip(whole, ended, strict=True):
        assert after.token_ids == before.token_ids[: len(after.token_ids)]
        assert after.logprobs == pytest.approx(before.logprobs[: len(after.logprobs)], abs=1e-5)
        spelled, earlier = (
            tokenizer.decode(ids, skip_special_tokens=True) for ids in (after.token_ids, after.token_ids[:-1])
        )
        assert not any(one in earlier for one in stop)
        if any(one in spelled for one in stop):
            changed += len(after.token_ids) < len(before.token_ids)
            assert (after.finish, spelled.startswith(after.text)) == ("stop", True)
            assert not any(one in after.text for one in stop)
            assert len(after.text) < len(spelled)
        else:
            assert after == before
    assert changed > 10


def test_a_response_does_not_end_before_it_is_long_enough(engine: Call, model: Path) -> None:
    """Its first tokens are sampled from what is left without ends, and their log-probs are of that."""
    free = requests(model, samples=32, max_tokens=20, temperature=1.5)
    made = engine(generate, [replace(one, min_tokens=6, stop=("e",)) for one in free])
    eos = AutoTokenizer.from_pretrained(model.parent / POLICY).eos_token_id
    assert any(len(one.token_ids) < 6 for one in engine(generate, free))
    for asked, one in zip(free, made, strict=True):
        assert eos not in one.token_ids[:6]
        assert len(one.token_ids) > 6
        assert one.barred == 6
        told = expected(model, replace(asked, min_tokens=6), one, ends=[eos])
        assert one.logprobs == pytest.approx(told, abs=1e-4)
    assert any("e" in one.text for one in made)  # spelled while it was not to end
    assert any(len(one.token_ids) < 20 and one.token_ids[-1] != eos and one.finish == "stop" for one in made)


def test_temperature_zero_is_greedy(engine: Call, model: Path) -> None:
    one, *_ = asked = requests(model, samples=1, temperature=0.0)
    completion = engine(generate, asked)[0]
    policy = loaded(model)
    ids = list(one.prompt.token_ids)
    for token in completion.token_ids:
        best = int(policy(torch.tensor([ids])).logits[0, -1].argmax())
        assert token == best
        ids.append(token)
    assert completion.logprobs == pytest.approx(expected(model, one, completion), abs=1e-4)


def test_score_is_the_plain_forward(engine: Call, model: Path) -> None:
    one = requests(model, samples=1)[0]
    completion = engine(generate, [one])[0]
    scored = engine(score, one.prompt.token_ids, completion.token_ids)
    assert scored == pytest.approx(expected(model, one, completion), abs=1e-4)
    assert math.isfinite(sum(scored))


def test_another_version_is_refused(engine: Call, model: Path) -> None:
    with pytest.raises(RunError, match="holds the weights it was started on, not weights version 3"):
        engine(generate, requests(model), 3)


def test_a_prompt_beyond_the_context_is_refused_before_anything_is_sampled(engine: Call, model: Path) -> None:
    fits, *_ = requests(model, max_tokens=4)
    long = Prompt(task="t", id="t/9", text="", question="", messages=(), token_ids=(7,) * 125)
    with pytest.raises(SpecError, match=r"'t/9' has 125 tokens and may get 4 more.* 128"):
        engine(generate, [fits, Request(prompt=long, index=0, seed=0, max_tokens=4)])


def test_an_abandoned_generation_leaves_nothing_behind(engine: Call, model: Path) -> None:
    asked = requests(model, samples=8)
    assert engine(abandon, asked) == len(asked)
