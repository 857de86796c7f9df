"""The trainer against plain PyTorch, against itself cut differently, and against itself resumed."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.multiprocessing as mp
from peft import PeftConfig, PeftModel
from training_cases import free_port, make_examples, make_job, make_trainer, plain_steps
from transformers import AutoModelForCausalLM, AutoTokenizer

from actors.loading import load_policy
from actors.scoring.reference import ReferenceWorker
from actors.training.trainer import PolicyTrainer
from benchmarks.tiny_models import make_policy
from raylign.errors import CheckpointError, Diverged, NothingToTrain, SpecError
from raylign.loop.packing import pack
from raylign.loop.schedule import learning_rate
from raylign.spec import Job
from raylign.tensors.logprobs import batched_logprobs
from raylign.types import Example, StepStats

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # DeepSpeed's own
    pytest.mark.usefixtures("process_group"),
]
WHOLE = 10**6


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_policy(tmp_path_factory.mktemp("policy"))


def take_steps(trainer: PolicyTrainer, steps: range, *, budget: int = WHOLE) -> list[Any]:
    return [trainer.step(step, pack(make_examples(step), ranks=1, tokens_per_microbatch=budget)[0]) for step in steps]


def metrics(stats: StepStats) -> dict[tuple[str, str], float]:
    return {(task, name): value for task, found in stats.metrics_by_task.items() for name, value in found.items()}


def weights(trainer: PolicyTrainer) -> dict[str, torch.Tensor]:
    update = trainer.export()
    assert update is not None
    return {name: tensor.clone() for name, tensor in update.tensors()}


def assert_close(actual: dict[str, torch.Tensor], expected: dict[str, torch.Tensor], tolerance: float) -> None:
    assert actual.keys() == expected.keys()
    for name in actual:
        torch.testing.assert_close(actual[name], expected[name], rtol=tolerance, atol=tolerance, msg=name)


def assert_same_bits(actual: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    assert actual.keys() == expected.keys()
    assert [name for name in actual if not torch.equal(actual[name], expected[name])] == []


@pytest.mark.parametrize("stage", [0, 1, 3])
def test_steps_are_those_of_plain_pytorch(model: Path, stage: int) -> None:
    job = make_job(model, zero_stage=stage, weight_decay=0.1)
    rates = [learning_rate(job.trainer, step=step, steps=job.steps) for step in range(3)]
    expected, norms = plain_steps(job, [make_examples(step) for step in range(3)], rates)
    trainer = make_trainer(job)
    stats = take_steps(trainer, range(3))
    assert [s.grad_norm for s in stats] == pytest.approx(norms, rel=1e-5)
    assert [s.learning_rate for s in stats] == rates
    assert_close(weights(trainer), {name: tensor.detach() for name, tensor in expected.items()}, 2e-6)


def test_large_gradients_that_are_not_clipped_are_those_of_plain_pytorch(model: Path) -> None:
    """AdamW's step hardly feels a gradient's scale; its norm does."""
    job = make_job(model, max_grad_norm=1e6)
    _, norms = plain_steps(job, [make_examples(0)], [1e-3])
    assert take_steps(make_trainer(job), range(1))[0].grad_norm == pytest.approx(norms[0], rel=1e-5)


@pytest.mark.parametrize(
    ("stage", "lora"), [(0, None), (1, None), (2, None), (3, None), (1, {"rank": 4}), (3, {"rank": 4})]
)
def test_microbatches_do_not_matter(model: Path, stage: int, lora: dict[str, int] | None) -> None:
    job = make_job(model, zero_stage=stage, lora=lora)
    whole, cut = make_trainer(job), make_trainer(job)
    ones, many = take_steps(whole, range(2)), take_steps(cut, range(2), budget=80)
    assert [s.microbatches for s in ones] == [1, 1]
    assert all(s.microbatches >= 3 for s in many)
    for one, more in zip(ones, many, strict=True):
        assert more.loss == pytest.approx(one.loss, rel=1e-5)
        assert more.loss_by_task == pytest.approx(one.loss_by_task, rel=1e-5)
        assert metrics(more) == pytest.approx(metrics(one), rel=1e-5)
        assert set(metrics(one)) == {("paired", "margin"), ("paired", "accuracy"), ("paired", "nll")}
        assert more.grad_norm == pytest.approx(one.grad_norm, rel=1e-5)
        assert more.tokens == one.tokens
    assert_close(weights(cut), weights(whole), 1e-5)


def test_loss_is_the_weighted_sum_of_the_tasks(model: Path) -> None:
    (stats,) = take_steps(make_trainer(make_job(model)), range(1))
    assert stats.loss == pytest.approx(2.0 * stats.loss_by_task["alone"] + stats.loss_by_task["paired"], rel=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_empty_microbatches_change_nothing(model: Path, dtype: str) -> None:
    plain, idle = (make_trainer(make_job(model, dtype=dtype)) for _ in range(2))
    plain.step(0, [make_examples(0)])
    idle.step(0, [[], make_examples(0), []])
    assert_same_bits(weights(idle), weights(plain))


def test_gap_counts_fresh_examples_only(model: Path) -> None:
    trainer = make_trainer(make_job(model))
    fresh, stale = make_examples(0)[:2]
    (logprobs,) = trainer.logprobs([fresh.sequences[0]])
    gaps = [abs(a - b) for a, b in zip(logprobs, fresh.sequences[0].behavior, strict=True)]
    stats = trainer.step(0, [[fresh, dataclasses.replace(stale, staleness=1)]])
    assert stats.logprob_gap_max == pytest.approx(max(gaps), rel=1e-5)
    assert stats.logprob_gap_mean == pytest.approx(sum(gaps) / len(gaps), rel=1e-5)


def test_gradient_checkpointing_changes_nothing_but_memory(model: Path) -> None:
    plain, checkpointed = (make_trainer(make_job(model, gradient_checkpointing=on)) for on in (False, True))
    take_steps(plain, range(1)), take_steps(checkpointed, range(1))
    assert_close(weights(checkpointed), weights(plain), 1e-5)


def test_dropout_is_off(tmp_path: Path) -> None:
    noisy = make_policy(tmp_path, architecture="gpt2", attn_pdrop=0.5, resid_pdrop=0.5, embd_pdrop=0.5)
    one, two = (take_steps(make_trainer(make_job(noisy)), range(1))[0] for _ in range(2))
    assert one.loss == two.loss


@pytest.mark.parametrize("stage", [0, 1, 3])
def test_a_loss_that_is_not_finite_changes_no_weight(model: Path, stage: int) -> None:
    trainer = make_trainer(make_job(model, zero_stage=stage))
    before = weights(trainer)
    poisoned = [dataclasses.replace(example, coefficient=3e38) for example in make_examples(0)[:1]]
    with pytest.raises(Diverged, match=r"task 'alone' is (inf|-inf|nan) at step 4"):
        trainer.step(4, [poisoned])
    assert_same_bits(weights(trainer), before)
    with pytest.raises(Diverged, match="start a new trainer"):
        trainer.step(5, [make_examples(0)])


@pytest.mark.parametrize(
    ("stage", "dtype"), [(0, "float32"), (1, "float32"), (2, "float32"), (3, "float32"), (1, "bfloat16")]
)
def test_a_norm_that_overflows_is_seen_before_the_update(model: Path, stage: int, dtype: str) -> None:
    trainer = make_trainer(make_job(model, zero_stage=stage, dtype=dtype))
    before = weights(trainer)
    # The loss is finite, its gradient is not, once layers have enlarged it.
    fresh = next(example for example in make_examples(0) if len(example.sequences[0].response_ids) == 1)
    large = [dataclasses.replace(fresh, task="alone", sequences=fresh.sequences[:1], coefficient=3e37, weight=1.0)]
    with pytest.raises(Diverged, match=r"norm is (inf|nan) at step 7 \(tasks alone\)"):
        trainer.step(7, [large])
    assert_same_bits(weights(trainer), before)


def test_a_step_without_examples_is_refused(model: Path) -> None:
    with pytest.raises(NothingToTrain, match="step 3"):
        make_trainer(make_job(model)).step(3, [[]])


@pytest.mark.parametrize(
    ("stage", "dtype", "lora"),
    [
        (1, "float32", None),
        (1, "bfloat16", None),
        (1, "float32", {"rank": 4}),
        (1, "bfloat16", {"rank": 4}),
        (0, "float32", None),
        (2, "float32", None),
        (2, "float32", {"rank": 4}),
        (3, "float32", None),
        (3, "float32", {"rank": 4}),
    ],
)
def test_resumed_is_uninterrupted_bit_for_bit(
    model: Path, tmp_path: Path, stage: int, dtype: str, lora: dict[str, int] | None
) -> None:
    job = make_job(model, dtype=dtype, lora=lora, zero_stage=stage)
    straight = make_trainer(job)
    expected = take_steps(straight, range(4), budget=100)

    first = make_trainer(job)
    take_steps(first, range(2), budget=100)
    torch.rand(5)
    first.save(tmp_path)
    random_next = torch.rand(3)
    first.shutdown()
    second = make_trainer(job)
    second.load(tmp_path)
    assert torch.equal(torch.rand(3), random_next)
    resumed = take_steps(second, range(2, 4), budget=100)

    assert resumed == expected[2:]
    assert_same_bits(weights(second), weights(straight))
    states = [dict(trainer._optimizer.state) for trainer in (second, straight)]
    for one, other in zip(*(state.values() for state in states), strict=True):
        assert one.keys() == other.keys()
        assert all(torch.equal(torch.as_tensor(one[key]), torch.as_tensor(other[key])) for key in one)


@pytest.mark.parametrize("lora", [None, {"rank": 4}])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_saved_policy_loads_with_plain_transformers(
    model: Path, tmp_path: Path, dtype: str, lora: dict[str, int] | None
) -> None:
    trainer = make_trainer(make_job(model, dtype=dtype, lora=lora))
    take_steps(trainer, range(2))
    trainer.save(tmp_path)
    policy = tmp_path / "policy"
    loaded = AutoModelForCausalLM.from_pretrained(policy)
    assert loaded.dtype == getattr(torch, dtype)
    assert_same_bits(loaded.state_dict(), weights(trainer))
    assert AutoTokenizer.from_pretrained(policy).chat_template
    assert loaded.generation_config.eos_token_id == 1


def test_adapters_alone_are_trained_and_merge_into_what_is_exported(model: Path, tmp_path: Path) -> None:
    trainer = make_trainer(make_job(model, lora={"rank": 4}))
    before = weights(trainer)
    take_steps(trainer, range(3))
    after = weights(trainer)
    changed = {name for name in after if not torch.equal(after[name], before[name])}
    assert changed == {name for name in after if "_proj" in name}
    trainer.save(tmp_path)
    pairs = [(s.prompt_ids, s.response_ids) for example in make_examples(9) for s in example.sequences]
    merged = load_policy(str(tmp_path / "policy"), dtype="float32", device="cpu")
    expected = batched_logprobs(merged, pairs, temperature=0.9, tokens_per_batch=WHOLE)
    actual = trainer.logprobs([s for example in make_examples(9) for s in example.sequences])
    for one, other in zip(actual, expected, strict=True):
        assert one == pytest.approx(other, abs=1e-5)


@pytest.mark.parametrize("architecture", ["llama", "gpt2"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("rate", [1e-6, 1e-2])
def test_adapters_train_the_very_policy_that_is_published_and_saved(
    tmp_path: Path, architecture: str, dtype: str, rate: float
) -> None:
    """At small rates in bfloat16 most of an update is less than the weights' rounding."""
    base = make_policy(tmp_path / "base", architecture=architecture)
    trainer = make_trainer(make_job(base, dtype=dtype, lora={"rank": 4}, learning_rate=rate))
    take_steps(trainer, range(2))
    sequences = [s for example in make_examples(9) for s in example.sequences]
    trainer.save(tmp_path)
    saved = load_policy(str(tmp_path / "policy"), dtype=dtype, device="cpu")
    published = weights(trainer)
    assert_same_bits({name: tensor for name, tensor in saved.state_dict().items() if name in published}, published)
    pairs = [(s.prompt_ids, s.response_ids) for s in sequences]
    expected = batched_logprobs(saved, pairs, temperature=0.9, tokens_per_batch=WHOLE)
    # Where a tensor lies in memory decides float32's last bit; one update lost to rounding would be seen a hundredfold.
    for one, other in zip(trainer.logprobs(sequences), expected, strict=True):
        assert one == pytest.approx(other, abs=2e-6 if dtype == "float32" else 0)


@pytest.mark.parametrize("architecture", ["llama", "gpt2"])
def test_adapters_are_saved_beside_the_merged_model(tmp_path: Path, architecture: str) -> None:
    base = make_policy(tmp_path / "base", architecture=architecture)
    trainer = make_trainer(make_job(base, lora={"rank": 4}))
    take_steps(trainer, range(2))
    trainer.save(tmp_path)
    adapter = tmp_path / "policy" / "adapter"
    assert PeftConfig.from_pretrained(adapter).base_model_name_or_path == str(base)
    adapted = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), adapter)
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "policy")
    assert_close(adapted.merge_and_unload().state_dict(), merged.state_dict(), 1e-6)


def test_adapters_on_transposed_weights_merge_as_they_train(tmp_path: Path) -> None:
    gpt2 = make_policy(tmp_path / "gpt2", architecture="gpt2")
    trainer = make_trainer(make_job(gpt2, lora={"rank": 4}))
    take_steps(trainer, range(3))
    sequences = [s for example in make_examples(9) for s in example.sequences]
    actual = trainer.logprobs(sequences)
    trainer.save(tmp_path)
    merged = load_policy(str(tmp_path / "policy"), dtype="float32", device="cpu")
    pairs = [(s.prompt_ids, s.response_ids) for s in sequences]
    for one, other in zip(
        actual, batched_logprobs(merged, pairs, temperature=0.9, tokens_per_batch=WHOLE), strict=True
    ):
        assert one == pytest.approx(other, abs=1e-5)


def test_adapter_targets_that_fit_no_module_are_refused(model: Path) -> None:
    with pytest.raises(SpecError, match="no_such_module"):
        make_trainer(make_job(model, lora={"targets": ["no_such_module"]}))


def test_reference_of_the_same_weights_agrees(model: Path) -> None:
    trainer = make_trainer(make_job(model))
    sequences = [s for example in make_examples(5) for s in example.sequences]
    reference = ReferenceWorker(
        model=str(model), dtype="float32", temperature=0.9, tokens_per_microbatch=200, device="cpu", threads=1
    )
    scores = reference.score([(s.prompt_ids, s.response_ids) for s in sequences])
    for one, other in zip(trainer.logprobs(sequences), scores, strict=True):
        assert one == pytest.approx(other, abs=1e-6)


def test_a_directory_without_trainer_state_is_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="holds no trainer state"):
        make_trainer(make_job(model)).load(tmp_path)


def figures(stats: StepStats) -> tuple[float, ...]:
    """The norm as well: AdamW hardly feels a gradient that is off by the number of ranks."""
    return stats.loss, stats.grad_norm, *metrics(stats).values(), *stats.grad_norm_by_task.values()


def run_rank(rank: int, ports: list[int], jobs: list[Job], shares: list[list[list[list[Example]]]], out: str) -> None:
    """One of two ranks: three steps of every job, its figures and weights into ``out``; then a step made twice."""
    results = []
    for port, job in zip(ports, jobs, strict=True):
        trainer = make_trainer(job, rank=rank, world_size=2, port=port)
        stats = [trainer.step(step, share[rank]) for step, share in enumerate(shares)]
        logprobs = trainer.logprobs([s for example in make_examples(9) for s in example.sequences])
        update = trainer.export()
        kept = None if update is None else {name: tensor.clone() for name, tensor in update.tensors()}
        results.append(([figures(s) for s in stats], logprobs, kept))
        Path(out, "checkpoint").mkdir(exist_ok=True)
        trainer.save(f"{out}/checkpoint")
        first = (trainer.step(3, shares[0][rank]), trainer.export())
        trainer.load(f"{out}/checkpoint")
        again = (trainer.step(3, shares[0][rank]), trainer.export())
        assert again[0] == first[0]
        if first[1] is not None and again[1] is not None:
            assert again[1].table == first[1].table  # of names and checksums
        trainer.shutdown()
    torch.save(results, f"{out}/{rank}.pt")


def one_rank(job: Job, batches: list[list[Example]]) -> tuple[list[Any], dict[str, torch.Tensor]]:
    """What two ranks must come near: the figures of every step, and the weights after the last."""
    trainer = make_trainer(job)
    stats = [
        trainer.step(step, pack(batch, ranks=1, tokens_per_microbatch=WHOLE)[0]) for step, batch in enumerate(batches)
    ]
    return [pytest.approx(figures(s), rel=1e-5) for s in stats], weights(trainer)


def test_two_ranks_train_as_one_does(model: Path, tmp_path: Path) -> None:
    adapters = {"rank": 4}
    cases = [(0, None), (1, None), (2, None), (3, None), (1, adapters), (3, adapters)]
    jobs = [make_job(model, zero_stage=stage, ranks=2, lora=lora, task_norms_every=1) for stage, lora in cases]
    # The twin of one of them, which measures no task's norm.
    jobs.append(make_job(model, zero_stage=3, ranks=2, task_norms_every=0))
    # The last step's examples are too few for both: one rank gets empty microbatches.
    batches = [make_examples(0), make_examples(1), make_examples(2)[:1]]
    shares = [pack(examples, ranks=2, tokens_per_microbatch=150) for examples in batches]
    full, adapted = (one_rank(make_job(model, lora=lora, task_norms_every=1), batches) for lora in (None, adapters))
    mp.spawn(run_rank, (([free_port() for _ in jobs]), jobs, shares, str(tmp_path)), nprocs=2)
    first, second = (torch.load(tmp_path / f"{rank}.pt") for rank in (0, 1))
    assert_same_bits(first[3][2], first[-1][2])
    for (_, lora), (ours, logprobs, tensors), (theirs, other_logprobs, nothing) in zip(
        cases, first[: len(cases)], second[: len(cases)], strict=True
    ):
        expected, trained = adapted if lora else full
        assert ours == theirs == expected
        assert logprobs == other_logprobs
        assert nothing is None
        assert_close(tensors, trained, 1e-5)
