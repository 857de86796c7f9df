"""A run goes on from the newest checkpoint whose contents are what was written."""

from fakes import FakeTrainer

from raylign.loop.resume import resume
from raylign.record.checkpoint import Checkpoints, Progress
from raylign.record.events.payloads import Status, Warned


async def go_on(directory, *, nodes=(None, None)):
    """Progress, what the trainer was asked, and what was said."""
    trainer, said = FakeTrainer([], nodes=nodes), []
    progress = await resume(Checkpoints(directory), trainer, said.append)
    return progress, trainer.calls, said


async def save(directory, *steps):
    for step in steps:
        path = await Checkpoints(directory).save(FakeTrainer([], nodes=(None, None)), Progress(step, step, 0))
    return path


async def test_without_a_checkpoint_it_begins_at_the_beginning(tmp_path):
    assert await go_on(tmp_path) == (Progress(), [], [])


async def test_the_newest_is_verified_and_loaded(tmp_path):
    path = await save(tmp_path, 2, 4)
    progress, calls, said = await go_on(tmp_path)
    assert progress == Progress(4, 4, 0)
    assert calls == ["verify", "load"]
    assert said[-1] == Status(phase="resuming", detail=f"from {path}")


async def test_a_damaged_one_is_set_aside_and_the_one_before_it_is_taken(tmp_path):
    path = await save(tmp_path, 2, 4)
    (path / "trainer" / "state-1.json").write_text('"starT"')
    progress, _, said = await go_on(tmp_path)
    assert progress == Progress(2, 2, 0)
    (warning,) = [one.message for one in said if isinstance(one, Warned)]
    assert f"{path} is damaged, and now called step-4.damaged" in warning
    assert "state-1.json does not have the manifest's sha256" in warning
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-2", "step-4.damaged"]
    await save(tmp_path, 4)
    assert (await go_on(tmp_path))[0] == Progress(4, 4, 0)


async def test_what_is_not_whole_is_passed_over_and_said_once(tmp_path):
    path = await save(tmp_path, 2, 4)
    (path / "policy" / "model.safetensors").unlink()
    (tmp_path / "step-2" / "trainer" / "state-0.json").write_text('"starT"')
    progress, _, said = await go_on(tmp_path)
    assert progress == Progress()
    warnings = [one.message for one in said if isinstance(one, Warned)]
    assert "passed over, for it is not a whole checkpoint" in warnings[0]
    assert "model.safetensors is missing" in warnings[0]
    assert "step-2.damaged" in warnings[1]
    assert "no whole checkpoint: starting at step 0" in warnings[2]
    assert len(warnings) == 3
