"""Only a directory with a valid manifest is a checkpoint; a new one is committed before an old one goes."""

import errno
import json
import os
import shutil
from pathlib import Path

import pytest
from fakes import FakeTrainer

from raylign.errors import CheckpointError
from raylign.record.checkpoint import Checkpoints, Progress, flaws, problems


async def save(checkpoints, step):
    return await checkpoints.save(FakeTrainer([]), Progress(step, step, 0))


async def test_a_saved_checkpoint_is_found_with_its_progress(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    path = await checkpoints.save(FakeTrainer([]), Progress(7, 5, 1))
    assert checkpoints.latest() == (path, Progress(7, 5, 1))
    manifest = json.loads((path / "manifest.json").read_text())
    assert set(manifest["files"]) == {
        *("policy/config.json", "policy/model.safetensors", "policy/tokenizer_config.json", "trainer/state-0.json"),
    }
    assert manifest["files"]["trainer/state-0.json"]["rank"] == 0
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
        (lambda path: (path / "trainer/state-0.json").unlink(), "is missing"),
        (lambda path: (path / "trainer/state-0.json").write_text(""), "has 0 bytes"),
        (lambda path: shutil.rmtree(path / "policy"), "is missing"),
        (lambda path: edit_manifest(path, progress={"next_step": 9}), "was changed after it was written"),
        (lambda path: edit_manifest(path, files={}), "was changed after it was written"),
    ],
)
async def test_a_damaged_checkpoint_is_passed_over(tmp_path, damage, says):
    checkpoints = Checkpoints(tmp_path)
    good = await save(checkpoints, 2)
    bad = await save(checkpoints, 4)
    damage(bad)
    assert says in problems(bad)[0]
    assert checkpoints.latest()[0] == good
    _, passed_over = checkpoints.survey()
    assert says in passed_over[0]


def edit_manifest(path, **changes):
    manifest = json.loads((path / "manifest.json").read_text())
    (path / "manifest.json").write_text(json.dumps({**manifest, **changes}))


async def test_damage_that_keeps_the_size_is_found_by_who_reads_the_contents(tmp_path):
    path = await save(Checkpoints(tmp_path), 4)
    (path / "trainer/state-0.json").write_text('"starT"')
    assert flaws(path) == []
    assert "state-0.json does not have the manifest's sha256" in problems(path)[0]
    assert problems(path) == await FakeTrainer([]).verify(path)


async def test_looking_for_the_latest_reads_no_contents(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    path = await save(checkpoints, 4)
    for file in (path / "policy").iterdir():
        size = file.stat().st_size
        file.unlink()
        os.mkfifo(file)  # whoever opens one to read it waits for ever
        assert size
    assert [problem.split(" has ")[0] for problem in flaws(path)] == [
        str(path / "policy" / name) for name in ("config.json", "model.safetensors", "tokenizer_config.json")
    ]


class Partial(FakeTrainer):
    """A trainer that forgets something: files whose name starts so are neither written nor told of."""

    def __init__(self, forgets, **settings):
        super().__init__([], **settings)
        self.forgets = forgets

    async def save(self, directory):
        written = await super().save(directory)
        return [[file for file in files if not file.name.startswith(self.forgets)] for files in written]


@pytest.mark.parametrize(
    ("forgets", "says"),
    [
        ("policy/", r"the policy's configuration.*the policy's weights.*the policy's tokenizer"),
        (
            "policy/config",
            r"the policy's configuration \(policy/config.json\); there is no|lacks the policy's configuration",
        ),
        ("policy/model", r"lacks the policy's weights \(policy/\*.safetensors\);"),
        ("policy/tokenizer", r"lacks the policy's tokenizer"),
        ("trainer/state-1", r"lacks the trainer state of rank 1;"),
        ("trainer/", r"lacks the trainer state of rank 0, 1;"),
        ("", r"lacks .*weights.*the trainer state of rank 0, 1;"),
    ],
)
async def test_what_is_not_whole_is_not_committed_and_what_is_there_stays(tmp_path, forgets, says):
    checkpoints = Checkpoints(tmp_path, keep_last=1)
    good = await save(checkpoints, 2)
    with pytest.raises(CheckpointError, match=f"{says}.*last good checkpoint is {good}"):
        await checkpoints.save(Partial(forgets, nodes=(None, None)), Progress(4, 4, 0))
    assert checkpoints.latest()[0] == good
    assert [path.name for path in tmp_path.iterdir()] == ["step-2"]


@pytest.mark.parametrize("away", [(0,), (1,), (0, 1)])
async def test_a_rank_that_writes_to_a_disk_of_its_own_makes_no_checkpoint(tmp_path, away):
    here, there = tmp_path / "here", tmp_path / "there"
    checkpoints = Checkpoints(here, keep_last=1)
    good = await save(checkpoints, 2)
    nodes = [there if rank in away else None for rank in (0, 1)]
    with pytest.raises(
        CheckpointError, match=r"does not lie here: .*(policy|trainer).* is missing .*every node mounts"
    ):
        await checkpoints.save(FakeTrainer([], nodes=nodes), Progress(4, 4, 0))
    assert list(there.rglob("state-*.json"))
    assert checkpoints.latest()[0] == good
    assert [path.name for path in here.iterdir()] == ["step-2"]


async def test_a_file_that_is_shorter_here_than_its_rank_says_makes_no_checkpoint(tmp_path):
    class Torn(FakeTrainer):
        async def save(self, directory):
            written = await super().save(directory)
            os.truncate(directory / "policy/model.safetensors", 3)
            return written

    with pytest.raises(CheckpointError, match=r"model\.safetensors has 3 bytes, the manifest says 7"):
        await Checkpoints(tmp_path).save(Torn([]), Progress(4, 4, 0))
    assert list(tmp_path.iterdir()) == []


async def test_what_is_not_whole_takes_no_good_ones_place(tmp_path):
    checkpoints = Checkpoints(tmp_path, keep_last=2)
    good = await save(checkpoints, 2)
    for step in (4, 6):
        shutil.rmtree(await save(checkpoints, step) / "policy")
    await save(checkpoints, 8)
    assert good in checkpoints.all()
    await save(checkpoints, 10)
    assert [path.name for path in checkpoints.all()] == ["step-8", "step-10"]


async def test_a_relative_directory_is_the_same_for_workers_of_another_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    checkpoints = Checkpoints(Path("run/checkpoints"))

    class Elsewhere(FakeTrainer):
        async def save(self, directory):
            monkeypatch.chdir("/")
            return await super().save(directory)

    path = await checkpoints.save(Elsewhere([]), Progress(2, 2, 0))
    assert path == tmp_path / "run/checkpoints/step-2"
    assert problems(path) == []


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
