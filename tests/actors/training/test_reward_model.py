"""Reward models by the trainer: against a loop as a PyTorch user writes it, and as those who give rewards read them."""

import random
from collections.abc import Sequence as Items
from pathlib import Path

import pytest
import torch
from comparison_job import comparison_job
from torch.nn import functional as F  # noqa: N812
from training_cases import assert_close, assert_same_bits, make_trainer, weights
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from actors.loading import load_rater
from actors.scoring.reward import RewardWorker
from actors.text.golden import rating_encoder
from actors.text.rated import RatedText
from benchmarks.tiny_models import make_policy
from raylign.errors import SpecError
from raylign.loop.packing import pack
from raylign.loop.schedule import learning_rate
from raylign.rewards.raters import Head
from raylign.spec import Job
from raylign.types import Example, Prompt, Sequence

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # DeepSpeed's own
    pytest.mark.usefixtures("process_group"),
]
STEPS = 4
CENTER = 0.01


def make_job(model: Path, **trainer: object) -> Job:
    rates = {"learning_rate": 1e-3, "weight_decay": 0.1, "tokens_per_microbatch": 80}
    return comparison_job(policy={"model": str(model), "dtype": "float32"}, steps=STEPS, trainer={**rates, **trainer})


def make_batch(seed: int) -> list[Example]:
    """Comparisons of unequal lengths, some with a margin."""
    rng = random.Random(seed)

    def tokens(longest: int) -> tuple[int, ...]:
        return tuple(rng.randrange(4, 90) for _ in range(rng.randint(1, longest)))

    def one(prompt: tuple[int, ...]) -> Sequence:
        return Sequence(prompt_ids=prompt, response_ids=(*tokens(9), 1), behavior=(), reference=())

    prompts = [tokens(12) for _ in range(8)]
    return [
        Example(task="talk", sequences=(one(prompt), one(prompt)), coefficient=at / 4, weight=1 / 8, staleness=None)
        for at, prompt in enumerate(prompts)
    ]


def step_all(job: Job, batches: Items[Items[Example]]):  # type: ignore[no-untyped-def]
    trainer = make_trainer(job)
    stats = []
    for step, batch in enumerate(batches):
        (microbatches,) = pack(batch, ranks=1, tokens_per_microbatch=80, layout=job.layout)
        stats.append(trainer.step(step, microbatches))
    return trainer, stats


@pytest.mark.parametrize("stage", [0, 3])
def test_losses_and_weights_are_those_of_a_bare_loop(model: Path, stage: int) -> None:
    job = make_job(model, zero_stage=stage)
    batches = [make_batch(seed) for seed in range(STEPS)]
    torch.manual_seed(job.seed)
    bare = load_rater(str(model), dtype="float32", device="cpu")
    optimizer = torch.optim.AdamW(bare.parameters(), betas=job.trainer.betas, weight_decay=job.trainer.weight_decay)
    expected, accuracies = [], []
    for step, batch in enumerate(batches):
        losses, right = [], 0
        for example in batch:  # one by one, so that nothing is padded
            better, worse = (
                bare(torch.tensor([[*one.prompt_ids, *one.response_ids]])).logits[0, 0] for one in example.sequences
            )
            losses.append(-F.logsigmoid(better - worse - example.coefficient) + CENTER * (better + worse) ** 2)
            right += int(better > worse)
        loss = torch.stack(losses).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(bare.parameters(), job.trainer.max_grad_norm)
        optimizer.param_groups[0]["lr"] = learning_rate(job.trainer, step=step, steps=job.steps)
        optimizer.step()
        expected.append(loss.item())
        accuracies.append(right / len(batch))
    trainer, stats = step_all(job, batches)
    assert [one.loss for one in stats] == pytest.approx(expected, rel=1e-5)
    assert [one.metrics_by_task["talk"]["accuracy"] for one in stats] == pytest.approx(accuracies)
    assert any(one.microbatches > 1 for one in stats)
    assert_close(weights(trainer), {name: tensor.detach() for name, tensor in bare.named_parameters()}, 1e-5)


def test_what_is_saved_gives_the_rewards_that_were_trained(model: Path, tmp_path: Path) -> None:
    trainer, _ = step_all(make_job(model), [make_batch(0)])
    trainer.save(tmp_path)
    saved = tmp_path / "policy"
    loaded = AutoModelForSequenceClassification.from_pretrained(saved)
    assert loaded.config.num_labels == 1
    assert_same_bits(dict(loaded.named_parameters()), weights(trainer))
    prompt = Prompt(
        task="talk", id="talk/0", text="<user>Hi<eos><assistant>", question="Hi",
        messages=({"role": "user", "content": "Hi"},), token_ids=(2,), templated=True,
    )  # fmt: skip
    texts = ["Good day", "No", "Yes, 12 of them."]
    encode = rating_encoder(RatedText(AutoTokenizer.from_pretrained(model)))
    rows = [encode(Prompt(**{**_fields(prompt), "baseline": text})) for text in texts]
    own = trainer.score([Sequence(prompt_ids=row[:1], response_ids=row[1:], behavior=(), reference=()) for row in rows])
    head = Head(str(saved))
    given = RewardWorker(heads=[head], device="cpu", threads=1).reward(head, prompt, texts)
    assert given == pytest.approx([value for (value,) in own], abs=1e-5)
    assert len(set(given)) == 3


def test_a_trained_reward_model_is_trained_on_from_its_own_head(model: Path, tmp_path: Path) -> None:
    trainer, _ = step_all(make_job(model), [make_batch(0)])
    trainer.save(tmp_path)
    before = weights(trainer)
    assert_same_bits(weights(make_trainer(make_job(tmp_path / "policy"))), before)


def test_a_head_needs_to_know_where_to_read(tmp_path: Path) -> None:
    lost = make_policy(tmp_path, pad_token_id=None)
    tokenizer = AutoTokenizer.from_pretrained(lost)
    tokenizer.pad_token = tokenizer.eos_token = None
    tokenizer.save_pretrained(lost)
    with pytest.raises(SpecError, match="has neither padding nor an end of texts"):
        load_rater(str(lost), dtype="float32", device="cpu")


def _fields(prompt: Prompt) -> dict[str, object]:
    return {name: getattr(prompt, name) for name in Prompt.__dataclass_fields__}
