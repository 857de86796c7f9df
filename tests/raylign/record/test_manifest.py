"""A checkpoint's manifest: read as it was written, or refused."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from raylign.errors import CheckpointError
from raylign.record.checkpoint_files import read_back
from raylign.record.manifest import MANIFEST, Manifest, Progress, damage, faults, gaps, read_manifest, write_manifest
from raylign.workers import WrittenFile

NAMES = (
    "policy/config.json",
    "policy/a.safetensors",
    "policy/tokenizer_config.json",
    "trainer/rank-0",
    "trainer/rank-1",
)


@pytest.fixture
def whole(tmp_path: Path) -> Manifest:
    """A manifest of two ranks whose files lie there."""
    for name in NAMES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    written = [read_back(tmp_path, name) for name in NAMES]
    return Manifest(
        progress=Progress(next_step=7, version=6, empty_steps=1, memories={"math": {"answer": 0.1 + 0.2}}),
        ranks=(tuple(written[:4]), tuple(written[4:])),
        software={"torch": "2"},
    )


def test_what_is_written_is_read(tmp_path: Path, whole: Manifest) -> None:
    write_manifest(tmp_path, whole)
    assert read_manifest(tmp_path) == whole
    assert (gaps(whole), faults(tmp_path, whole)) == ([], [])
    assert damage(tmp_path, [file for files in whole.ranks for file in files]) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda document: document["progress"].update(next_step=8), "was changed after it was written"),
        (lambda document: document["files"]["trainer/rank-0"].update(size=1), "was changed after it was written"),
        (lambda document: document.pop("sha256"), "is not a manifest: KeyError"),
        (lambda document: document.update(ranks=1), "is not a manifest: IndexError"),
        (lambda document: document["progress"].update(more=1), "is not a manifest: TypeError"),
    ],
)
def test_a_manifest_that_is_not_as_written_is_none(tmp_path: Path, whole: Manifest, change, says: str) -> None:
    write_manifest(tmp_path, whole)
    document = json.loads((tmp_path / MANIFEST).read_text())
    change(document)
    (tmp_path / MANIFEST).write_text(json.dumps(document))
    with pytest.raises(CheckpointError, match=says):
        read_manifest(tmp_path)


def test_none_and_nonsense_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="has no manifest.json"):
        read_manifest(tmp_path)
    (tmp_path / MANIFEST).write_text("[1")
    with pytest.raises(CheckpointError, match="is not a manifest"):
        read_manifest(tmp_path)


def test_each_part_that_lacks_is_named(whole: Manifest) -> None:
    first, second = whole.ranks
    assert gaps(replace(whole, ranks=(first, ()))) == ["the trainer state of rank 1"]
    assert gaps(replace(whole, ranks=())) == [
        "the policy's configuration (policy/config.json)",
        "the policy's weights (policy/*.safetensors)",
        "the policy's tokenizer (policy/tokenizer_config.json)",
        "the trainer state of rank 0",
    ]
    empty = WrittenFile(name="policy/a.safetensors", size=0, sha256="")
    assert gaps(replace(whole, ranks=((first[0], empty, *first[2:]), second))) == [
        "the policy's weights (policy/*.safetensors)"
    ]


def test_missing_and_shorter_files_are_faults_and_changed_ones_damage(tmp_path: Path, whole: Manifest) -> None:
    (tmp_path / NAMES[0]).unlink()
    (tmp_path / NAMES[1]).write_text("short")
    (tmp_path / NAMES[3]).write_text(NAMES[3].upper())
    missing, shorter = faults(tmp_path, whole)
    assert "policy/config.json is missing (No such file" in missing
    assert "policy/a.safetensors has 5 bytes, the manifest says 20" in shorter
    found = damage(tmp_path, whole.ranks[0])
    assert [line.partition(" ")[0].removeprefix(str(tmp_path)) for line in found] == [
        "/policy/config.json", "/policy/a.safetensors", "/trainer/rank-0"
    ]  # fmt: skip
