"""A model of 340 numbers as processes hold it, and how phases add up on a host and on a GPU."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hollow import TINY, save_llama

from raylign.plan.memory.terms import (
    CONTEXT,
    STORE,
    Device,
    Model,
    Terms,
    largest,
    process,
    published,
    together,
    width_of,
)
from raylign.plan.model_files import ModelInfo, inspect_model
from raylign.spec import Job

WORK: Terms = {"activations": 30, "logits": 5}
PUBLISH: Terms = {"activations": 10, "gathered": 20}


def test_a_model_s_weights_and_its_largest_tensor_go_by_the_width_it_is_held_in(tiny: ModelInfo) -> None:
    half = Model(info=tiny, width=2)
    assert (half.weights, half.largest) == (2 * 340, 2 * 40)  # 10 tokens of 4 numbers
    assert half.sizes.vocabulary == 10


def test_a_tied_output_layer_is_as_large_as_the_embedding(tiny: ModelInfo, tmp_path: Path) -> None:
    tied = inspect_model(save_llama(tmp_path / "tied", **TINY, tied=True))
    assert tied is not None
    assert Model(info=tied, width=4).weights == 4 * 300
    assert Model(info=tied, width=4).tied == 4 * 40
    assert Model(info=tiny, width=4).tied == 0


def test_files_are_read_beside_the_model_where_they_have_another_precision(tiny: ModelInfo) -> None:
    assert Model(info=tiny, width=4).reading == 0
    assert Model(info=tiny, width=2).reading == 4 * 340
    bytes_of = {name: replace(one, dtype="float8_e4m3fn", nbytes=one.numel) for name, one in tiny.tensors.items()}
    assert Model(info=replace(tiny, tensors=bytes_of), width=2).reading == 340  # a precision nobody holds


@pytest.mark.parametrize(("dtype", "width"), [("float32", 4), ("bfloat16", 2)])
def test_numbers_are_as_wide_as_the_policy_s(make_job: Callable[..., Job], dtype: str, width: int) -> None:
    assert width_of(make_job(dtype=dtype)) == width


def test_on_a_gpu_a_process_takes_its_context_and_maps_no_published_weights(tiny: ModelInfo) -> None:
    model = Model(info=tiny, width=2)
    assert (process(7.0, "cpu"), process(7.0, "cuda")) == ({"process": 7.0}, {"process": CONTEXT})
    assert published(model, "cpu") == {STORE: 2 * 2 * 340}  # the last version and the one before it
    assert published(model, "cuda") == {}


@pytest.mark.parametrize(
    ("device", "terms"), [("cpu", {"activations": 10, "logits": 5, "gathered": 20}), ("cuda", WORK)]
)
def test_phases_add_up_on_a_host_and_follow_each_other_on_a_gpu(device: Device, terms: Terms) -> None:
    assert together([WORK, PUBLISH], device) == terms


def test_the_largest_is_so_in_all_not_in_one_term() -> None:
    assert largest([{"a": 9, "b": 9}, {"a": 1, "b": 16}, {"c": 17}]) == {"a": 9, "b": 9}
