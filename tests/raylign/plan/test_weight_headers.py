"""Headers that say what cannot be are refused in a sentence, whoever wrote them."""

from pathlib import Path
from typing import Any

import pytest
from hollow import save_header, save_hollow

from raylign.errors import SpecError
from raylign.plan.weight_headers import TensorHeader, read_headers


def test_a_header_tells_shape_precision_and_size(tmp_path: Path) -> None:
    save_hollow(tmp_path / "model.safetensors", {"a": [3, 4], "b": []}, "BF16")
    size = (tmp_path / "model.safetensors").stat().st_size
    assert read_headers(tmp_path) == {
        "a": TensorHeader(shape=(3, 4), dtype="bfloat16", nbytes=24, offset=size - 26),
        "b": TensorHeader(shape=(), dtype="bfloat16", nbytes=2, offset=size - 2),
    }


@pytest.mark.parametrize(
    "entry",
    [
        7,
        {},
        {"dtype": "F32", "shape": [2]},
        {"dtype": 4, "shape": [2], "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": "2", "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": [2.0], "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": [True], "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": [2], "data_offsets": [8, 0]},
        {"dtype": "F32", "shape": [2], "data_offsets": [-8, 0]},
        {"dtype": "F32", "shape": [2], "data_offsets": ["0", "8"]},
        {"dtype": "F32", "shape": [10**4000] * 100, "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": [1] * 1000, "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": [65], "data_offsets": [0, 8]},
    ],
)
def test_a_tensor_described_wrongly_is_named(tmp_path: Path, entry: Any) -> None:
    save_header(tmp_path / "model.safetensors", {"good": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]},
                                                 "bad": entry}, data=64)  # fmt: skip
    with pytest.raises(SpecError, match=r"model\.safetensors' describes its tensor 'bad' wrongly"):
        read_headers(tmp_path)


@pytest.mark.parametrize("header", [[], 7, "text", None])
def test_a_header_that_is_no_mapping_is_refused(tmp_path: Path, header: Any) -> None:
    save_header(tmp_path / "model.safetensors", header)
    with pytest.raises(SpecError, match="not a safetensors file"):
        read_headers(tmp_path)


@pytest.mark.parametrize("text", [b"[" * 100_000, b"\xff\xfe", b"1" * 5000])
def test_a_header_that_no_reader_stands_is_refused(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text)
    with pytest.raises(SpecError, match="not a safetensors file"):
        read_headers(tmp_path)


def test_a_header_longer_than_the_format_s_own_reader_takes_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "model.safetensors").open("wb") as file:
        file.write((10**9).to_bytes(8, "little"))
        file.truncate(2 * 10**9)
    with pytest.raises(SpecError, match="not a safetensors file"):
        read_headers(tmp_path)


@pytest.mark.parametrize(
    ("index", "says"),
    [
        ("[]", "is no index of weight files"),
        ("{", "is no index of weight files"),
        ('{"weight_map": ["a"]}', "is no index of weight files"),
        ('{"weight_map": {"a": "../outside.safetensors"}}', "names the weight file '../outside.safetensors'"),
        ('{"weight_map": {"a": "/etc/passwd"}}', "names the weight file '/etc/passwd'"),
        ('{"weight_map": {"a": "b.safetensors"}}', r"lacks 'b\.safetensors', one of its 1 weight files"),
    ],
)
def test_an_index_lists_files_beside_it(tmp_path: Path, index: str, says: str) -> None:
    (tmp_path / "model.safetensors.index.json").write_text(index)
    with pytest.raises(SpecError, match=says):
        read_headers(tmp_path)
