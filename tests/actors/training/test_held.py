"""The reference beside the policy: steps of a loss that reads whole distributions are those of plain PyTorch."""

from pathlib import Path
from typing import Any

import pytest
import torch
from depths import proof
from torch import Tensor
from training_cases import TEMPERATURE, assert_close, make_examples, make_job, make_trainer, pair_job, weights
from transformers import AutoModelForCausalLM

from actors.training.held import hold_reference
from raylign.loop.schedule import learning_rate
from raylign.methods.tdpo import TDPO
from raylign.spec import Job
from raylign.types import Example, Sequence

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # DeepSpeed's own
    pytest.mark.usefixtures("process_group"),
]
BETA = 2.0


def tdpo_job(model: Path, **settings: Any) -> Job:
    return pair_job(model, TDPO(version=1, beta=BETA), **settings)


def pairs(step: int) -> list[Example]:
    return [example for example in make_examples(step) if example.task == "paired"]


def plain_steps(job: Job, steps: range) -> tuple[dict[str, Tensor], list[float]]:
    """Weights and gradient norms by the paper's formula on whole float32 logits."""
    policy, reference = (AutoModelForCausalLM.from_pretrained(job.policy.model, dtype=torch.float32) for _ in range(2))
    optimizer = torch.optim.AdamW(policy.parameters(), betas=job.trainer.betas, weight_decay=job.trainer.weight_decay)

    def response(model: Any, sequence: Sequence) -> Tensor:
        start = len(sequence.prompt_ids)
        logits = model(torch.tensor([[*sequence.prompt_ids, *sequence.response_ids]])).logits[0, start - 1 : -1]
        whole: Tensor = (logits / TEMPERATURE).log_softmax(-1)
        return whole

    def value(sequence: Sequence) -> Tensor:
        policy_TV, ref_TV = response(policy, sequence), response(reference, sequence).detach()
        chosen_T = policy_TV.gather(-1, torch.tensor(sequence.response_ids)[:, None]).squeeze(-1)
        return (chosen_T - torch.tensor(sequence.reference)).sum() + (ref_TV.exp() * (ref_TV - policy_TV)).sum()

    norms = []
    for step in steps:
        optimizer.param_groups[0]["lr"] = learning_rate(job.trainer, step=step, steps=job.steps)
        optimizer.zero_grad()
        for example in pairs(step):
            better, worse = map(value, example.sequences)
            (example.weight * -torch.nn.functional.logsigmoid(BETA * (better - worse))).backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(policy.parameters(), job.trainer.max_grad_norm)))
        optimizer.step()
    return dict(policy.named_parameters()), norms


@pytest.mark.parametrize("stage", [2, proof(0), proof(3)])
def test_steps_are_those_of_plain_pytorch(model: Path, stage: int) -> None:
    job = tdpo_job(model, zero_stage=stage)
    trainer = make_trainer(job)
    found = [trainer.step(step, [pairs(step)]) for step in range(3)]
    expected, norms = plain_steps(job, range(3))
    assert [stats.grad_norm for stats in found] == pytest.approx(norms, rel=1e-4)
    assert_close(weights(trainer), {name: one.detach() for name, one in expected.items()}, 1e-5)
    apart = [stats.metrics_by_task["paired"]["kl_chosen"] for stats in found]
    assert apart[0] == pytest.approx(0, abs=1e-5)  # the policy begins as its reference, which stays where it is
    assert apart[2] > 1e-5


def test_the_policy_without_its_adapters_is_the_reference(model: Path) -> None:
    lent, own = (tdpo_job(model, lora={"rank": 4}, zero_stage=stage) for stage in (0, 3))
    assert (lent.lends_reference, own.lends_reference) == (True, False)
    runs = []
    for job in (lent, own):
        trainer = make_trainer(job)
        runs.append([trainer.step(step, [pairs(step)]) for step in range(3)])
    for one, other in zip(*runs, strict=True):
        assert one.grad_norm == pytest.approx(other.grad_norm, rel=1e-4)
        measured = other.metrics_by_task["paired"]
        assert one.metrics_by_task["paired"] == pytest.approx(measured, rel=1e-3, abs=1e-6)
    assert runs[0][2].metrics_by_task["paired"]["kl_chosen"] > 1e-6


def test_nothing_is_held_where_nobody_reads_it(model: Path) -> None:
    assert hold_reference(make_job(model), None, None, device="cpu") is None  # type: ignore[arg-type]
