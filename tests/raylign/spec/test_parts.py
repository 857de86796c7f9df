"""The parts of a job: their defaults are kept."""

import pytest
from pydantic import ValidationError

from raylign.spec.parts import Checkpoint, Evaluation, TrainerSpec


def test_defaults_of_training_are_pinned():
    """A default is a promise: change one only with the run that vetted the new value."""
    assert TrainerSpec().model_dump() == {
        "ranks": 1,
        "zero_stage": None,
        "offload": None,
        "zero": None,
        "learning_rate": 1e-6,
        "schedule": {"type": "constant", "warmup_steps": 0, "final": 0.0},
        "weight_decay": 0.0,
        "betas": (0.9, 0.95),
        "max_grad_norm": 1.0,
        "tokens_per_microbatch": 8192,
        "gradient_checkpointing": False,
        "task_norms_every": 10,
        "max_correction": 2.0,
    }
    trainers = [{}, {"ranks": 2}, {"zero_stage": 3}, {"ranks": 2, "zero_stage": 0}, {"offload": {"optimizer": "cpu"}}]
    assert [TrainerSpec.model_validate(trainer).sharding for trainer in trainers] == [0, 1, 3, 0, 1]


def test_defaults_of_the_evaluation_are_pinned():
    assert Evaluation().model_dump() == {
        "every": None, "at": (), "prompts": 32, "samples": 1, "greedy": False, "pass_at": (),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "steps"),
    [
        ({}, [0, 9]),
        ({"every": 4}, [0, 4, 8, 9]),
        ({"at": [0, 2, 7]}, [0, 2, 7, 9]),
        ({"every": 4, "at": [5]}, [0, 4, 5, 8, 9]),
        ({"prompts": 0, "every": 1, "at": [5]}, []),
    ],
)
def test_an_evaluation_is_due_at_both_ends_and_when_it_is_asked_for(settings, steps):
    evaluation = Evaluation(**settings)
    assert [done for done in range(10) if evaluation.due(done, 9)] == steps


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"greedy": True, "samples": 2}, "`greedy` has one response a prompt, `samples` is 2"),
        ({"pass_at": [1, 8], "samples": 4}, "`pass_at` 8 needs as many responses, `samples` is 4: raise it"),
        ({"prompts": 100_000, "samples": 100}, "100000 prompts with 100 responses each are more than 1048576"),
    ],
)
def test_an_evaluation_that_cannot_be_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Evaluation(**settings)


@pytest.mark.parametrize("store", ["s3://bucket", "s3://my.bucket/a/b-c_d=1.x", "gs://bucket/a", "file:///mnt/kept"])
def test_a_store_is_an_address(store):
    assert Checkpoint(store=store).store == store


@pytest.mark.parametrize(
    "store",
    [
        *("/mnt/kept", "memory://a", "https://bucket/a", "s3://", "s3://Bucket", "s3:///a", "file://a", "file:///"),
        *("s3://bucket/", "s3://bucket//a", "s3://bucket/../a", "s3://bucket/.hidden", "file:///mnt/../etc"),
        *(
            "s3://key:secret@bucket/a",
            "s3://bucket/a?versionId=1",
            "s3://bucket/a#b",
            "s3://bucket/a b",
            "s3://bucket/%2e",
        ),
    ],
)
def test_and_nothing_else_is(store):
    """No other library of fsspec's, no accounts, nothing that leads elsewhere."""
    with pytest.raises(ValidationError):
        Checkpoint(store=store)
