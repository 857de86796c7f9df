"""What is asked of vLLM and made of its answers, by an engine whose every step is written down. vLLM itself answers in
the tests of rollouts, LLM judges and landing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from fakes import make_prompt

from actors.sampling import vllm_engine
from actors.sampling.engine import Sampled
from actors.sampling.vllm_engine import EngineSettings, VLLMEngine
from actors.weights.landing import Landing
from actors.weights.weight_update import WeightUpdate, view
from raylign.errors import PublishFailed, RunError
from raylign.types import Request


def output(name: str, *tokens: int, finish: str | None = "length") -> Any:
    """As vLLM's ``RequestOutput``; ``finish`` None: not finished."""
    response = SimpleNamespace(
        token_ids=list(tokens),
        logprobs=SimpleNamespace(logprobs=[-float(token) for token in tokens]),
        finish_reason=finish,
    )
    return SimpleNamespace(request_id=name, finished=finish is not None, outputs=[response])


@dataclass
class Written:
    """The part of an ``LLMEngine`` that is asked, with its steps and its answers to updates."""

    steps: Sequence[Sequence[Any]] = ()
    landings: Sequence[Landing] | Exception = ()
    calls: list[Any] = field(default_factory=list)
    renderer: ClassVar = SimpleNamespace(tokenizer=None)

    def reset_prefix_cache(self) -> None:
        self.calls.append("reset")

    def add_request(self, name: str, prompt: Any, params: Any) -> None:
        self.calls.append((name, prompt["prompt_token_ids"], params))

    def step(self) -> Sequence[Any]:
        self.calls.append("step")
        first, *self.steps = self.steps
        return first

    def abort_request(self, names: list[str]) -> None:
        self.calls.append(("abort", names))

    def collective_rpc(self, method: str, args: tuple[Any, ...]) -> Sequence[Landing]:
        self.calls.append((method, *args))
        if isinstance(self.landings, Exception):
            raise self.landings
        return self.landings


class Asking(VLLMEngine):
    """Its parameters are vLLM's own class: the request's seed stands for them."""

    def _sampling(self, request: Request) -> Any:
        return request.seed


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Any:
    def build(written: Written) -> VLLMEngine:
        monkeypatch.setattr(vllm_engine, "start_engine", lambda settings: written)
        monkeypatch.setattr(vllm_engine, "stop_tokens", lambda model, tokenizer: ())
        return Asking(EngineSettings(model="org/m"))

    return build


def requests(count: int) -> list[Request]:
    return [Request(prompt=make_prompt(number=number), index=0, seed=70 + number) for number in range(count)]


def test_responses_are_told_by_place_as_they_finish_and_all_are_queued_first(engine: Any) -> None:
    steps = [[output("1", 5, finish=None), output("3", 9, 2, finish="stop")], [], [output("2", 4), output("1", 5, 6)]]
    written = Written(steps=steps)
    asked = requests(3)
    found = list(engine(written).generate(asked))
    second, third, first = (
        Sampled(token_ids=(4,), logprobs=(-4.0,), finish="length"),
        Sampled(token_ids=(9, 2), logprobs=(-9.0, -2.0), finish="stop"),
        Sampled(token_ids=(5, 6), logprobs=(-5.0, -6.0), finish="length"),
    )
    assert found == [[(2, third)], [(1, second), (0, first)]]
    queued = [(str(at + 1), list(one.prompt.token_ids), one.seed) for at, one in enumerate(asked)]
    assert written.calls == ["reset", *queued, "step", "step", "step", ("abort", [])]


def test_what_is_left_early_is_aborted_and_names_are_not_used_again(engine: Any) -> None:
    written = Written(steps=[[output("2", 4)], [output("4", 7)]])
    made = engine(written)
    left = made.generate(requests(3))
    next(left)
    left.close()
    assert written.calls[-1] == ("abort", ["1", "3"])
    assert [at for handful in made.generate(requests(1)) for at, _ in handful] == [0]


def test_an_end_that_is_none_is_an_error_and_no_response(engine: Any) -> None:
    written = Written(steps=[[output("1", 4, finish="abort")]])
    with pytest.raises(RunError, match="vLLM ended request '1' with 'abort'"):
        list(engine(written).generate(requests(2)))
    assert written.calls[-1] == ("abort", ["2"])


@pytest.fixture
def sent() -> WeightUpdate:
    return view([])


def test_an_update_lands_and_cached_prefixes_are_forgotten(engine: Any, sent: WeightUpdate) -> None:
    written = Written(landings=[Landing(tensors=3, compared=2), Landing(tensors=3, compared=1)])
    made = engine(written)
    made.begin_update()
    made.take(sent, ("a", "b"))
    assert made.finish_update(4) == Landing(tensors=3, compared=2)
    assert written.calls == [("begin_landing",), ("take_bucket", sent, ["a", "b"]), ("finish_landing", 4), "reset"]


def test_every_process_s_problems_are_told_once(engine: Any) -> None:
    landings = [
        Landing(tensors=3, compared=2, problems=found) for found in (("'a' differs",), (), ("'a' differs", "x"))
    ]
    with pytest.raises(PublishFailed, match=r"^'a' differs; x$"):
        engine(Written(landings=landings)).finish_update(None)


@pytest.mark.parametrize("error", [KeyError("w"), ValueError("w"), RuntimeError("w"), AssertionError("w")])
def test_a_loader_s_refusal_is_a_failed_update(engine: Any, sent: WeightUpdate, error: Exception) -> None:
    with pytest.raises(PublishFailed, match=rf"vLLM refused it \({type(error).__name__}: '?w'?\); restart the worker"):
        engine(Written(landings=error)).take(sent, ())
