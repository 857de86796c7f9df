"""The seams of the loop: what crosses them goes between processes, and who stands in for a worker has its methods."""

import inspect
import pickle
from dataclasses import fields

import fakes
import pytest

from raylign import workers
from raylign.workers import Fleet, PublishReport, Reading, Sight, WrittenFile


@pytest.mark.parametrize(
    "told",
    [
        Reading(context=512, refusals={("system", "user"): "no system turns"}),
        Sight(node="a"),
        WrittenFile(name="policy/config.json", size=2, sha256="ab"),
        PublishReport(version=1, workers=2, tensors_checked=3, bytes_sent=4, seconds=0.5),
    ],
    ids=lambda told: type(told).__name__,
)
def test_what_workers_say_survives_the_way_between_processes_and_does_not_change(told) -> None:
    assert pickle.loads(pickle.dumps(told)) == told
    with pytest.raises(AttributeError):
        setattr(told, fields(told)[0].name, None)


@pytest.mark.parametrize(
    ("seam", "fake"),
    [
        (workers.Rollouts, fakes.FakeRollouts),
        (workers.Judges, fakes.FakeJudges),
        (workers.Reference, fakes.FakeReference),
        (workers.Trainer, fakes.FakeTrainer),
        (workers.Weights, fakes.FakeWeights),
    ],
)
def test_a_fake_takes_what_its_seam_takes(seam: type, fake: type) -> None:
    asked = {name: method for name, method in vars(seam).items() if inspect.isfunction(method) and name[0] != "_"}
    assert asked
    for name, method in asked.items():
        own = inspect.signature(getattr(fake, name)).parameters
        assert list(own) == list(inspect.signature(method).parameters), name


def test_a_fleet_is_one_worker_of_each_seam() -> None:
    assert [field.name for field in fields(Fleet)] == ["rollouts", "judges", "reference", "trainer", "weights"]
