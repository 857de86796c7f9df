"""The parts of a job: their defaults are kept."""

from raylign.spec.parts import TrainerSpec


def test_defaults_of_training_are_pinned():
    """A default is a promise: change one only with the run that vetted the new value."""
    assert TrainerSpec().model_dump() == {
        "ranks": 1,
        "zero_stage": None,
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
    trainers = [{}, {"ranks": 2}, {"zero_stage": 3}, {"ranks": 2, "zero_stage": 0}]
    assert [TrainerSpec.model_validate(trainer).sharding for trainer in trainers] == [0, 1, 3, 0]
