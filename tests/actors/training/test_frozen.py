"""The reference on the trainer's ranks says what an actor of its own says, before and after the policy has moved."""

from pathlib import Path

import pytest
from training_cases import make_examples, make_job, make_trainer

from actors.scoring.reference import ReferenceWorker
from benchmarks.tiny_models import make_policy
from raylign.spec import Job
from raylign.spec.parts import ReferenceSettings

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # DeepSpeed's own
    pytest.mark.usefixtures("process_group"),
]

PASSES = [[((5, 6, 7), (8, 9)), ((5, 6), (11, 12, 13))], [((3,), (4, 5))]]
BARRED = [[1, 0], [0]]


def hosting(model: Path, **settings: object) -> Job:
    job = make_job(model, **settings)  # type: ignore[arg-type]
    other = None if settings.get("lora") else str(make_policy(model.parent / "other", seed=9))
    return job.model_copy(update={"reference": ReferenceSettings(where="trainer", model=other)})


@pytest.mark.parametrize(("stage", "lora"), [(3, None), (3, {"rank": 4}), (1, {"rank": 4})])
def test_it_scores_as_an_actor_of_its_own_and_stays_where_it_is(
    model: Path, stage: int, lora: dict[str, int] | None
) -> None:
    job = hosting(model, zero_stage=stage, lora=lora)
    trainer = make_trainer(job)
    own = ReferenceWorker(
        model=job.held_to,
        dtype="float32",
        temperature=job.rollout.temperature,
        tokens_per_microbatch=100,
        device="cpu",
        threads=1,
    )
    expected = [own.score(rows, counts) for rows, counts in zip(PASSES, [[0, 0], [0]], strict=True)]
    embedded = [own.embed(rows) for rows in PASSES]
    for step in range(2):
        said = trainer.score_reference(PASSES, BARRED)
        assert [[pytest.approx(row, abs=1e-5) for row in rows] for rows in expected] == said
        found = trainer.embed_reference(PASSES)
        assert [[pytest.approx(list(row), abs=1e-5) for row in rows] for rows in embedded] == [
            [list(row) for row in rows] for rows in found
        ]
        trainer.step(step, [make_examples(step)])
    assert trainer._frozen is not None
    assert (trainer._frozen._adapted is None) == (stage == 3)
