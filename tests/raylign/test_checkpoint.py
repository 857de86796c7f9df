"""Only a directory with a valid manifest is a checkpoint; a new one is committed before an old one goes."""

import errno
import json
import shutil

import pytest
from fakes import FakeTrainer

from raylign.checkpoint import Checkpoints, Progress, problems
from raylign.errors import CheckpointError


async def save(checkpoints, step):
    return await checkpoints.save(FakeTrainer([]), Progress(step, step, 0))


async def test_a_saved_checkpoint_is_found_with_its_progress(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    path = await checkpoints.save(FakeTrainer([]), Progress(7, 5, 1))
    assert checkpoints.latest() == (path, Progress(7, 5, 1))
    manifest = json.loads((path / "manifest.json").read_text())
    assert set(manifest["files"]) == {"policy/config.json", "trainer/state.json"}
    assert "raylign" in manifest["software"] or "ray" in manifest["software"]


async def test_old_ones_go_after_the_new_one(tmp_path):
    checkpoints = Checkpoints(tmp_path, keep_last=2)
    for step in (2, 4, 10):
        await save(checkpoints, step)
    assert [path.name for path in checkpoints.all()] == ["step-4", "step-10"]


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda path: (path / "manifest.json").unlink(), "has no manifest.json"),
        (lambda path: (path / "manifest.json").write_text("{"), "is not a manifest"),
        (lambda path: (path / "trainer/state.json").unlink(), "is missing"),
        (lambda path: (path / "trainer/state.json").write_text('"starT"'), "does not have the manifest's sha256"),
        (lambda path: (path / "trainer/state.json").write_text(""), "has 0 bytes"),
    ],
)
async def test_a_damaged_checkpoint_is_passed_over(tmp_path, damage, says):
    checkpoints = Checkpoints(tmp_path)
    good = await save(checkpoints, 2)
    bad = await save(checkpoints, 4)
    damage(bad)
    assert says in problems(bad)[0]
    assert checkpoints.latest()[0] == good


async def test_one_left_half_written_is_not_a_checkpoint(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    good = await save(checkpoints, 2)
    shutil.copytree(good, tmp_path / "step-4.tmp")
    assert checkpoints.latest()[0] == good
    await save(checkpoints, 4)
    assert not (tmp_path / "step-4.tmp").exists()


async def test_what_a_dead_run_left_is_swept_away_by_the_next_save(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    shutil.copytree(await save(checkpoints, 2), tmp_path / "step-1.tmp")
    await save(checkpoints, 3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-2", "step-3"]


async def test_the_same_step_may_be_saved_again(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    await save(checkpoints, 2)
    path = await save(checkpoints, 2)
    assert problems(path) == []


async def test_a_full_disk_names_the_last_good_checkpoint_and_leaves_it_whole(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    good = await save(checkpoints, 2)

    class FullDisk(FakeTrainer):
        async def save(self, directory):
            (directory / "half").write_text("x")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(CheckpointError, match=f"no space .*MiB free.*last good checkpoint is {good}"):
        await checkpoints.save(FullDisk([]), Progress(4, 4, 0))
    assert checkpoints.latest()[0] == good
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-2"]
