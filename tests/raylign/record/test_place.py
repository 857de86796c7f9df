"""Driver and ranks must see one directory; where they do not, the run is told before it trains."""

import pytest
from fakes import FakeTrainer

from raylign.errors import CheckpointError
from raylign.record.place import require_one_place


async def test_one_place_is_proven_and_nothing_is_left_there(tmp_path):
    (tmp_path / "place-of-a-dead-driver").mkdir()
    await require_one_place(tmp_path, FakeTrainer([], nodes=(None, None)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shared", [True, False])
async def test_a_rank_that_sees_another_directory_is_named(tmp_path, shared):
    here, there = tmp_path / "here", tmp_path / "there"
    there.mkdir()
    trainer = FakeTrainer([], nodes=(None if shared else there, there))
    with pytest.raises(CheckpointError) as raised:
        await require_one_place(here, trainer)
    said = str(raised.value)
    assert f"{str(here)!r} is not one place" in said
    assert "policy/1 on node " in said
    assert "No such file or directory" in said
    assert ("policy/0" in said) is not shared
    assert "storage that every node mounts under the same path" in said
    assert list(here.iterdir()) == []


async def test_a_rank_whose_writing_the_driver_does_not_see_is_named(tmp_path):
    class ReadsAlone(FakeTrainer):
        async def look(self, directory):
            sights = await super().look(directory)
            (directory / "rank-1").unlink()  # as on a mount that keeps what is written to itself
            return sights

    with pytest.raises(CheckpointError, match="the driver does not see what policy/1 on node .* wrote"):
        await require_one_place(tmp_path, ReadsAlone([], nodes=(None, None)))


async def test_a_directory_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CheckpointError, match="cannot write to the run directory"):
        await require_one_place(tmp_path / "file", FakeTrainer([]))
