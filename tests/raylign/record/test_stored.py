"""Checkpoints in a store: whole by their manifest alone, let go of like those of a directory, and one run's own."""

import json
import shutil

import pytest
from fakes import FakeTrainer

from raylign.errors import CheckpointError, RemoteFailed, RunError
from raylign.loop.resume import resume
from raylign.record.checkpoint import Progress
from raylign.record.events.payloads import Warned
from raylign.record.kept import kept_of
from raylign.record.place import require_one_place
from raylign.record.rundir import RunDirectory
from raylign.record.stored import StoredCheckpoints, claimed
from raylign.remote import Remote

RANKS = (None, None)


@pytest.fixture
def checkpoints(tmp_path):
    return StoredCheckpoints(root=Remote(f"file://{tmp_path}/store/run"), keep_last=2)


@pytest.fixture
def there(tmp_path):
    """Where it lies in truth."""
    return tmp_path / "store" / "run" / "checkpoints"


async def save(checkpoints, *steps):
    for step in steps:
        trainer = FakeTrainer([], nodes=RANKS)
        trainer.state = f"after {step}"
        folder = await checkpoints.save(trainer, Progress(step, step, 0))
    return folder


async def go_on(checkpoints):
    """Progress, the state that was loaded, what was warned of."""
    trainer, said = FakeTrainer([], nodes=RANKS), []
    progress = await resume(checkpoints, trainer, said.append)
    return progress.next_step, trainer.state, [one.message for one in said if isinstance(one, Warned)]


async def test_a_run_goes_on_from_it_on_another_disk(checkpoints, there) -> None:
    folder = await save(checkpoints, 2, 4, 6)
    assert str(folder) == f"file://{there}/step-6"
    assert [one.name for one in checkpoints.all()] == ["step-4", "step-6"]
    assert sorted(path.name for path in there.iterdir()) == ["step-4", "step-6"]
    assert json.loads((there / "step-6" / "manifest.json").read_text())["ranks"] == 2
    assert await go_on(checkpoints) == (6, "after 6", [])


async def test_without_one_it_begins_at_the_beginning(checkpoints) -> None:
    assert await go_on(checkpoints) == (0, "start", [])


async def test_the_manifest_comes_last_and_half_a_checkpoint_is_none(checkpoints, there, monkeypatch) -> None:
    await save(checkpoints, 2)
    puts = []

    def put(remote, file, name):
        puts.append(name)
        if name.startswith("trainer/state-1"):
            raise RemoteFailed("cannot upload: the network is gone")

    with monkeypatch.context() as patch:
        patch.setattr(Remote, "put", put)
        with pytest.raises(RemoteFailed, match="the network is gone"):
            await save(checkpoints, 4)
        patch.setattr(Remote, "put", lambda *_: None)
        with pytest.raises(CheckpointError, match=r"what the trainer's ranks say they uploaded is not there: .*step-4"):
            await save(checkpoints, 4)
    assert puts
    (there / "step-4" / "policy").mkdir(parents=True)
    (there / "step-4" / "policy" / "config.json").touch()
    assert (await go_on(checkpoints))[:2] == (2, "after 2")
    await save(checkpoints, 6)
    assert sorted(path.name for path in there.iterdir()) == ["step-2", "step-6"]


async def test_one_that_lost_a_file_is_passed_over_and_takes_no_good_ones_place(checkpoints, there) -> None:
    await save(checkpoints, 2, 4)
    (there / "step-4" / "trainer" / "state-1.json").unlink()
    step, state, warnings = await go_on(checkpoints)
    assert (step, state) == (2, "after 2")
    assert "step-4/trainer/state-1.json is missing" in warnings[0]
    await save(checkpoints, 6)
    assert [one.name for one in checkpoints.all()] == ["step-2", "step-6"]


async def test_a_damaged_one_is_set_aside(checkpoints, there) -> None:
    await save(checkpoints, 2, 4)
    (there / "step-4" / "trainer" / "state-1.json").write_text('"aftex 4"')
    step, state, warnings = await go_on(checkpoints)
    assert (step, state) == (2, "after 2")
    assert "state-1.json does not have the sha256" in warnings[0]
    assert [one.name for one in checkpoints.all()] == ["step-2"]


async def test_what_does_not_answer_is_not_taken_for_empty(checkpoints, monkeypatch) -> None:
    await save(checkpoints, 2)

    def read(remote, name):
        raise RemoteFailed("cannot read: no answer")

    monkeypatch.setattr(Remote, "read", read)
    with pytest.raises(RemoteFailed, match="no answer"):
        await go_on(checkpoints)


async def test_the_model_lies_in_the_store_and_in_the_run_directory(checkpoints, tmp_path, there) -> None:
    run = RunDirectory.create(tmp_path / "run", {})
    run.model_path.mkdir()
    (run.model_path / "of an earlier run").touch()
    await save(checkpoints, 2)
    assert str(checkpoints.keep_model(run)) == f"{checkpoints.root}/model"
    names = {"config.json", "model.safetensors", "tokenizer_config.json"}
    assert {path.name for path in run.model_path.iterdir()} == names
    assert {path.name for path in (there.parent / "model").iterdir()} == {*names, "files.json"}
    assert (run.model_path / "model.safetensors").read_text() == '"after 2"'
    (there / "step-2" / "policy" / "model.safetensors").write_text('"aftex 2"')
    with pytest.raises(CheckpointError, match="model.safetensors does not have the sha256"):
        checkpoints.keep_model(run)
    assert (run.model_path / "model.safetensors").read_text() == '"after 2"'
    run.close()


def test_a_store_is_one_runs_own(tmp_path) -> None:
    root = Remote(f"file://{tmp_path}/store")
    one, other = (RunDirectory(tmp_path / name) for name in ("one", "other"))
    for run in (one, other):
        run.path.mkdir()
    assert claimed(root, one) == claimed(root, one) == root
    assert kept_of(one).root == root
    with pytest.raises(RunError, match=r"holds another run's checkpoints: choose another `checkpoint.store`"):
        claimed(root, other)
    shutil.copy(tmp_path / "store" / "run.json", other.store_path)
    assert claimed(root, other) == root


async def test_every_rank_must_reach_the_store(checkpoints, monkeypatch) -> None:
    await require_one_place(checkpoints.directory, FakeTrainer([], nodes=RANKS))
    assert checkpoints.directory.folders() == set()
    (checkpoints.directory / "place-left").write("driver", "")

    class Alone(FakeTrainer):
        async def look(self, directory):
            return [*await FakeTrainer([]).look(directory), *await super().look(Remote("file:///proc/nowhere"))][:2]

    with pytest.raises(CheckpointError, match=r"policy/1 on node .* does not see .*Start Ray on every node with"):
        await require_one_place(checkpoints.directory, Alone([]))
    assert checkpoints.directory.folders() == set()
