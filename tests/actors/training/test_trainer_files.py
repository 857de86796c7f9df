"""What a trainer rank writes into a checkpoint: all of it told, proven, and an error of ours where the disk refuses."""

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from training_cases import make_examples, make_job, make_trainer

from raylign.errors import CheckpointError
from raylign.record.checkpoint_files import read_back
from raylign.record.manifest import Manifest, Progress, gaps, write_manifest

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # DeepSpeed's own
    pytest.mark.usefixtures("process_group"),
]


@pytest.mark.parametrize(("stage", "lora"), [(0, None), (1, None), (1, {"rank": 4}), (3, None)])
def test_save_returns_all_that_it_wrote(model: Path, tmp_path: Path, stage: int, lora: dict[str, int] | None) -> None:
    trainer = make_trainer(make_job(model, zero_stage=stage, lora=lora))
    trainer.step(0, [make_examples(0)])
    written = {file.name: file for file in trainer.save(tmp_path)}
    assert written == {
        file.name: file
        for path in tmp_path.rglob("*")
        if path.is_file()
        for file in [read_back(tmp_path, path.relative_to(tmp_path).as_posix())]
    }
    assert gaps(Manifest(progress=Progress(), ranks=(tuple(written.values()),))) == []


def test_damage_to_a_checkpoint_is_seen_by_the_rank_that_wrote_it(model: Path, tmp_path: Path) -> None:
    trainer = make_trainer(make_job(model))
    write_manifest(tmp_path, Manifest(progress=Progress(), ranks=(tuple(trainer.save(tmp_path)),)))
    assert trainer.verify(tmp_path) == []
    weights = tmp_path / "policy" / "model.safetensors"
    with weights.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)[0]
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last ^ 1]))
    assert trainer.verify(tmp_path) == [f"{weights} does not have the manifest's sha256"]


@pytest.mark.parametrize("file", ["policy/model.safetensors", "trainer/engine/mp_rank_00_model_states.pt"])
def test_a_disk_that_takes_no_more_is_an_error_of_ours(model: Path, tmp_path: Path, file: str) -> None:
    """safetensors and torch would each say it in an error of its own."""
    trainer = make_trainer(make_job(model))
    sizes = {written.name: written.size for written in trainer.save(tmp_path)}
    with (
        largest_file(sizes[file] - 1),
        pytest.raises(CheckpointError, match="cannot write the trainer's state.*too large"),
    ):
        trainer.save(tmp_path)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Writing beyond so many bytes of a file fails, as on a full disk."""
    before, ignored = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_a_node_that_does_not_see_the_directory_says_so_instead_of_making_one(model: Path, tmp_path: Path) -> None:
    trainer, unseen = make_trainer(make_job(model)), tmp_path / "not" / "mounted"
    with pytest.raises(CheckpointError, match="cannot write the trainer's state.*No such file"):
        trainer.save(unseen)
    assert "No such file" in trainer.look(unseen).problem
    assert list(tmp_path.iterdir()) == []
