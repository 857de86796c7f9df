"""A rank fetches what it will read, and nothing else."""

import json
import tempfile

import pytest

from actors.training.elsewhere import Elsewhere
from raylign.errors import CheckpointError
from raylign.record.checkpoint_files import CheckpointFiles
from raylign.record.manifest import MANIFEST, Manifest, Progress, manifest_text
from raylign.remote import Remote

MODEL = "trainer/engine/mp_rank_00_model_states.pt"


def write_rank(rank):
    def write(root):
        names = [f"trainer/engine/zero_pp_rank_{rank}_mp_rank_00_optim_states.pt", f"trainer/rng-{rank}.pt"]
        for name in [*names, *([MODEL, "policy/model.safetensors"] if rank == 0 else [])]:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(json.dumps([rank, name]))
        files = CheckpointFiles(root)
        files.adopt(root)
        return files.written

    return write


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Where scratch is."""
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    return tmp_path / "scratch"


@pytest.fixture
def saved(tmp_path):
    """A checkpoint of two ranks."""
    folder = Remote(f"file://{tmp_path}/store/step-2")
    ranks = tuple(tuple(Elsewhere(rank, 2).save(folder, write_rank(rank))) for rank in range(2))
    folder.write(MANIFEST, manifest_text(Manifest(progress=Progress(2), ranks=ranks)))
    return folder


@pytest.mark.parametrize(
    ("rank", "ranks", "optimizers", "model"),
    [(0, 2, {0}, True), (1, 2, {1}, True), (0, 1, {0, 1}, True), (2, 3, {0, 1}, True)],
)
def test_its_own_part_and_what_all_read_or_everything_for_other_ranks(saved, rank, ranks, optimizers, model):
    one, seen = Elsewhere(rank, ranks), []
    assert one.fetch(saved) == []
    one.load(saved, lambda root: seen.extend(str(path.relative_to(root)) for path in root.rglob("*.*")))
    assert {int(name[len("trainer/engine/zero_pp_rank_")]) for name in seen if "zero_pp" in name} == optimizers
    assert (MODEL in seen) == model
    assert not any(name.startswith("policy") for name in seen)


def test_damage_is_told_and_what_was_fetched_goes(saved, tmp_path, home):
    one = Elsewhere(1, 2)
    (tmp_path / "store" / "step-2" / MODEL).write_text("x")
    assert one.fetch(saved) == [f"{saved}/{MODEL} has 1 bytes, and 48 were written"]
    with pytest.raises(CheckpointError, match="is damaged"):
        one.load(saved, lambda root: None)
    assert list(home.iterdir()) == []
