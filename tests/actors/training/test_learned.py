"""A loss with weights of its own, defined here alone: it is trained, resumed to the bit, and never published."""

from pathlib import Path
from typing import Any

import pytest
import torch
from training_cases import make_examples, make_job, make_trainer, weights

from actors.training.trainer import PolicyTrainer
from raylign.errors import SpecError
from raylign.losses import Loss, Terms, mean
from raylign.losses.learned import LearnedLoss
from raylign.methods import CODPO
from raylign.objective import Objective
from raylign.spec import Job

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # DeepSpeed's own
    pytest.mark.usefixtures("process_group"),
]


class Gated(LearnedLoss):
    """Token log-ratios of a pair through a learned gate, which looks at the policy's mean hidden state."""

    measures = ("gate",)

    def __init__(self, *, beta: float) -> None:
        self.beta = beta

    def attach(self, policy: Any) -> torch.nn.Module:
        self.gate = torch.nn.Linear(policy.config.hidden_size, 1, dtype=policy.dtype)
        torch.nn.init.constant_(self.gate.weight, 0.01)
        policy.model.norm.register_forward_hook(self._look)
        return self.gate

    def __call__(self, terms: Terms) -> Loss:
        gate = torch.sigmoid(self.gate(self.hidden.flatten(0, 1).mean(0))).float()
        return Loss(
            per_unit_U=torch.nn.functional.softplus(-self.beta * gate * terms.margin_U),
            metrics={"gate": mean(gate)},
        )

    def _look(self, _module: Any, _inputs: Any, hidden: torch.Tensor) -> None:
        self.hidden = hidden


class GatedPairs(CODPO):
    """CODPO's pairs with that loss."""

    @property
    def objective(self) -> Objective:
        return Objective(loss=f"{__name__}:Gated", settings={"beta": self.beta}, learned=True)


def gated_job(model: Path, **settings: Any) -> Job:
    job = make_job(model, **settings)
    alone, paired = job.tasks
    return job.model_copy(update={"tasks": (alone, paired.model_copy(update={"method": GatedPairs()}))})


def own_weights(trainer: PolicyTrainer) -> list[Any]:
    return [p.detach().clone().view(-1).tolist() for p in trainer._engine.module.objectives.parameters()]


@pytest.mark.parametrize(("stage", "lora"), [(0, None), (1, None), (2, None), (1, {"rank": 4})])
def test_weights_of_a_loss_are_trained_and_resumed_and_never_published(
    model: Path, tmp_path: Path, stage: int, lora: dict[str, int] | None
) -> None:
    job = gated_job(model, zero_stage=stage, lora=lora, task_norms_every=1)
    straight, first = make_trainer(job), make_trainer(job)
    published = weights(make_trainer(make_job(model, lora=lora))).keys()
    expected = [straight.step(step, [make_examples(step)]) for step in range(3)]
    for step in range(2):
        first.step(step, [make_examples(step)])
    first.save(tmp_path)
    second = make_trainer(job)
    second.load(tmp_path)
    assert second.step(2, [make_examples(2)]) == expected[2]
    assert own_weights(second) == own_weights(straight)
    gates = [stats.metrics_by_task["paired"]["gate"] for stats in expected]
    assert len(set(gates)) == 3
    assert weights(straight).keys() == published


def test_sharded_weights_of_a_loss_are_refused(model: Path) -> None:
    with pytest.raises(SpecError, match="zero_stage 3"):
        make_trainer(gated_job(model, zero_stage=3))
