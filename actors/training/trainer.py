"""The policy being trained: one rank of DeepSpeed.

The step's gradient is the plain sum of weight * gradient over all examples of all ranks, however they were cut into
microbatches.
"""

import math
from collections.abc import Callable, Iterator
from collections.abc import Sequence as Items
from functools import cached_property
from pathlib import Path
from time import monotonic
from typing import Any, NoReturn

import torch
from safetensors import SafetensorError
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from actors.loading import load_policy, load_rater, rating_config
from actors.tokenizers import load_config, load_tokenizer, stop_tokens
from actors.training.adapters import adapted_layers, add_adapters, save_adapters
from actors.training.elsewhere import Elsewhere
from actors.training.frozen import FrozenReference, Pass
from actors.training.held import hold_reference
from actors.training.passes import Passes
from actors.training.rating_passes import RatingPasses
from actors.training.sharded import load_in_shards
from actors.training.tally import Totals, Weighed
from actors.training.update import NotFiniteError, Update
from actors.training.weight_files import save_in_files
from actors.training.whole_weights import WholeWeights
from actors.training.zero import (
    gather_with,
    join_process_group,
    leave_process_group,
    load_engine,
    make_engine,
    numbers,
    save_engine,
    whole_parameters,
)
from actors.weights.buckets import in_buckets, plan_buckets
from actors.weights.gpu_transfer import Route, open_sender
from actors.weights.weight_update import WeightUpdate, view
from raylign.errors import CheckpointError, Diverged, NothingToTrain
from raylign.loop.schedule import learning_rate
from raylign.losses import build
from raylign.losses.learned import hang
from raylign.record.checkpoint_files import CheckpointFiles
from raylign.record.manifest import damage, read_manifest
from raylign.record.place import look
from raylign.remote import Place, Remote
from raylign.spec import Job
from raylign.tensors.threads import use_threads
from raylign.types import Example, Sequence, StepStats, WeighedText
from raylign.workers import Sight, WrittenFile

MOST_SHOWN = 512
"""Tokens of a response whose weights are shown."""


class PolicyTrainer:
    """One rank. All ranks must make the same calls in the same order."""

    def __init__(
        self,
        *,
        job: Job,
        rank: int,
        world_size: int,
        master_addr: str,
        master_port: int,
        device: str,
        threads: int,
    ) -> None:
        use_threads(threads)
        torch.manual_seed(job.seed)
        self._job, self._rank, self._world_size, self._device = job, rank, world_size, device
        self._owns_group = join_process_group(
            rank=rank,
            world_size=world_size,
            master_addr=master_addr,
            master_port=master_port,
            device=device,
            timeout_s=job.deadlines.step_s,
        )
        self._model = self._loaded()
        self._adapted = add_adapters(self._model, job.policy.lora) if job.policy.lora else None
        trained = self._adapted or self._model
        losses = {
            task.name: build(task.method.objective, max_correction=job.trainer.max_correction) for task in job.tasks
        }
        groups = hang(losses.values(), trained, self._model, zero_stage=job.trainer.sharding)
        trained.train()
        if job.trainer.gradient_checkpointing:
            self._model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        self._optimizer = torch.optim.AdamW(
            groups,
            lr=job.trainer.learning_rate,
            betas=job.trainer.betas,
            weight_decay=job.trainer.weight_decay,
            fused=True,
        )
        self._engine = make_engine(trained, self._optimizer, job, world_size=world_size, device=device)
        if job.trainer.sharding == 3:
            for _, layer in adapted_layers(trained):
                gather_with(layer, layer.used())
        ends = stop_tokens(job.policy.model, load_tokenizer(job.policy.model)) if job.bars_ends else ()
        reference = hold_reference(job, self._model, self._adapted, device=device)
        self._frozen = None
        if job.hosts_reference:
            self._frozen = FrozenReference(
                job, self._engine, self._adapted, ends=ends, world_size=world_size, device=device
            )
        passes = RatingPasses if job.rates else Passes
        self._passes = passes(
            self._engine, losses, job, ends=ends, world_size=world_size, device=device, reference=reference
        )
        self._update = Update(self._engine, self._optimizer, job)
        self._weights = WholeWeights(
            self._engine.module, self._model, self._adapted, sharded=job.trainer.sharding == 3, rank=rank
        )
        self._elsewhere = Elsewhere(rank, world_size)
        self._broken = ""

    def ready(self) -> dict[str, int]:
        """Sizes, for people: parameters, and those that are trained."""
        return {
            "parameters": sum(numbers(parameter) for parameter in self._engine.module.parameters()),
            "trainable": sum(numbers(p) for p in self._engine.module.parameters() if p.requires_grad),
        }

    def step(self, step: int, microbatches: Items[Items[Example]]) -> StepStats:
        """One optimizer step on this rank's microbatches; every rank has equally many, some may be empty.

        Raises `Diverged` when loss or gradient is not finite: the weights are unchanged, and this trainer takes no
        further step. Raises `NothingToTrain` when no rank has an example.
        """
        if self._broken:
            raise Diverged(f"{self._broken} Earlier in this process; start a new trainer from the last checkpoint.")
        begun = monotonic()
        norms = self._task_norms(step, microbatches)
        task_norms_s = monotonic() - begun if norms else 0.0
        totals = self._descend(step, microbatches, show=self._job.samples.due(step, self._job.steps))
        if not totals.examples:
            raise NothingToTrain(f"step {step} has no example: draw more prompts, or see why all were skipped")
        rate = learning_rate(self._job.trainer, step=step, steps=self._job.steps)
        norm = self._norm(step, totals, lambda: self._update.take(rate))
        weights = {task.name: task.weight for task in self._job.tasks}
        return StepStats(
            loss=sum(totals.loss_by_task.values()),
            loss_by_task={task: value / weights[task] for task, value in totals.loss_by_task.items()},
            metrics_by_task=totals.metrics_by_task,
            grad_norm=norm,
            grad_norm_by_task=norms if len(totals.loss_by_task) > 1 else dict.fromkeys(totals.loss_by_task, norm),
            task_norms_s=task_norms_s,
            learning_rate=rate,
            logprob_gap_max=totals.gap_max,
            logprob_gap_mean=totals.gap_mean,
            tokens=totals.tokens,
            microbatches=len(microbatches),
            padding=totals.padding,
            weighed_by_task={task: tuple(map(self._spelled, found)) for task, found in totals.weighed.items()},
        )

    def score(self, sequences: Items[Sequence]) -> list[tuple[float, ...]]:
        """Log-probs of the responses under the present weights; of a reward model, its number for each sequence. Under
        ZeRO-3 all ranks must be asked for the same."""
        return self._passes.score(sequences)

    def score_reference(self, passes: Items[Pass], barred: Items[Items[int]]) -> list[list[tuple[float, ...]]]:
        """What the reference on these ranks makes of this rank's passes; see `FrozenReference.score`."""
        assert self._frozen is not None
        return self._frozen.score(passes, barred)

    def embed_reference(self, passes: Items[Pass]) -> list[list[Any]]:
        """The same of `FrozenReference.embed`."""
        assert self._frozen is not None
        return self._frozen.embed(passes)

    def open_transfer(self, route: Route) -> None:
        """Join who samples, for `send_weights`; all ranks must."""
        self._sender = open_sender(route, self._rank, self._weights)

    def send_weights(self) -> None:
        """Send the present weights to every engine; all ranks must."""
        self._sender.send_weights()

    def export(self, bucket_bytes: int) -> Iterator[WeightUpdate]:
        """The present weights under their checkpoint names, adapters merged, bucket by bucket; from rank 0 alone.

        All ranks must iterate, to the end. Weights in whole are not copied: the object store copies them, before this
        process takes its next call.
        """
        for bucket in in_buckets(self._weights, plan_buckets(self._weights.sizes, bucket_bytes)):
            if self._rank == 0:
                yield view(bucket.items())

    def look(self, directory: Place) -> Sight:
        """Whether this rank sees the place that the driver means."""
        return look(directory, self._rank)

    def save(self, directory: Place) -> list[WrittenFile]:
        """`write`, there; in a store by way of this node's scratch."""
        return self._elsewhere.save(directory, self.write) if isinstance(directory, Remote) else self.write(directory)

    def write(self, directory: str | Path) -> list[WrittenFile]:
        """Write ``policy/``, a Hugging Face directory, and ``trainer/``: optimizer, master weights, RNG.

        Adapters are merged into the policy, and stand apart in its ``adapter/``, as peft reads them.

        Returns what this rank has on disk of it. Raises `CheckpointError` when the disk refuses, or ``directory`` is
        not there: making it would hide that this node does not see the run directory.
        """
        root, files = Path(directory), CheckpointFiles(Path(directory))
        trainer = root / "trainer"
        try:
            trainer.mkdir(exist_ok=True)
            self._save_policy(root / "policy")
            save_engine(self._engine, trainer, files, frozen=self._adapted is None)
            with files.open(trainer / f"rng-{self._rank}.pt") as out:
                torch.save(torch.get_rng_state(), out)
            if self._rank == 0:  # last, for the others wait for nothing any more
                files.adopt(root / "policy")
        except (OSError, SafetensorError) as error:
            raise CheckpointError(f"cannot write the trainer's state to {str(root)!r}: {error}") from error
        return files.written

    def verify(self, directory: Place) -> list[str]:
        """What is damaged of the files that this rank wrote, or one whose place it takes: reads them all; of a store,
        those that it will load."""
        if isinstance(directory, Remote):
            return self._elsewhere.fetch(directory)
        taken = read_manifest(Path(directory)).ranks[self._rank :: self._world_size]
        return damage(Path(directory), [file for files in taken for file in files])

    def load(self, directory: Place) -> None:
        """`read`, from there; from a store what `verify` has brought."""
        if isinstance(directory, Remote):
            self._elsewhere.load(directory, self.read)
        else:
            self.read(directory)

    def read(self, directory: str | Path) -> None:
        """Continue exactly from what `write` wrote; with other ranks, from the same weights and moments, cut anew.

        Raises `CheckpointError` when it is not there.
        """
        trainer = Path(directory) / "trainer"
        load_engine(self._engine, trainer, frozen=self._adapted is None)
        random = trainer / f"rng-{self._rank}.pt"
        if random.exists():  # a rank that was not there goes on from the job's seed
            torch.set_rng_state(torch.load(random, weights_only=True))

    def shutdown(self) -> None:
        """Give the process group back."""
        self._elsewhere.let_go()
        self._engine.destroy()
        if self._owns_group:
            leave_process_group()

    def _loaded(self) -> PreTrainedModel:
        """The model as it starts. Under ZeRO-3 a policy comes in shards, where its checkpoint allows."""
        policy, device = self._job.policy, self._device
        if self._job.rates:
            return load_rater(policy.model, dtype=policy.dtype, device=device)
        made = None
        if self._job.trainer.sharding == 3:
            made = load_in_shards(
                policy.model,
                dtype=policy.dtype,
                device=device,
                world_size=self._world_size,
                offload=self._job.trainer.offload,
            )
        return made or load_policy(policy.model, dtype=policy.dtype, device=device)

    def _task_norms(self, step: int, microbatches: Items[Items[Example]]) -> dict[str, float]:
        """The norm of each task's own gradient, on steps on which it is due and several tasks have examples.

        A sum of gradients does not tell what its parts were: every task takes passes of its own over its examples, and
        rehearses the update. What the step then does, to the bit, does not depend on it.
        """
        every = self._job.trainer.task_norms_every
        if not every or step % every or len(self._job.tasks) == 1:
            return {}
        shares = self._passes.by_task(microbatches)
        if len(shares) == 1:
            return {}
        norms = {}
        with torch.random.fork_rng(devices=[torch.cuda.current_device()] if self._device == "cuda" else []):
            for task, share in shares.items():
                norms[task] = self._norm(step, self._descend(step, share), self._update.rehearse)
        return norms

    def _descend(self, step: int, microbatches: Items[Items[Example]], *, show: bool = False) -> Totals:
        """Backward passes; what they found."""
        totals = self._passes.descend(microbatches, show=show)
        for task, value in totals.loss_by_task.items():
            if not math.isfinite(value):
                self._diverge(f"the loss of task {task!r} is {value} at step {step}.")
        return totals

    def _norm(self, step: int, totals: Totals, update: Callable[[], float]) -> float:
        """The gradient's norm before clipping, as the update finds it."""
        try:
            return update()
        except NotFiniteError as error:
            tasks = ", ".join(sorted(totals.loss_by_task))
            self._diverge(f"the gradient's norm is {error} at step {step} (tasks {tasks}).")

    def _spelled(self, weighed: Weighed) -> WeighedText:
        """Of its first tokens, what each spells."""
        ids, weights = weighed[0][:MOST_SHOWN], weighed[1][:MOST_SHOWN]
        return WeighedText(tokens=tuple(self._tokenizer.decode([one]) for one in ids), weights=weights)

    @cached_property
    def _tokenizer(self) -> PreTrainedTokenizerBase:
        return load_tokenizer(self._job.policy.model)

    def _diverge(self, what: str) -> NoReturn:
        self._broken = what[0].upper() + what[1:]
        raise Diverged(
            f"{self._broken} The weights are unchanged. Lower the learning rate, or look at that task's rewards."
        )

    def _save_policy(self, directory: Path) -> None:
        if self._rank == 0:
            directory.mkdir(parents=True, exist_ok=True)
        save_in_files(self._weights, self._weights.sizes, directory, writes=self._rank == 0)
        if self._adapted:
            named = [(name, p) for name, p in self._engine.module.named_parameters() if ".lora_" in name]
            adapters = dict(whole_parameters(named, sharded=self._job.trainer.sharding == 3, kept=self._rank == 0))
            if self._rank == 0:
                save_adapters(self._adapted, adapters, self._job.policy.model, directory / "adapter")
        if self._rank == 0:
            self._save_beside(directory)

    def _save_beside(self, directory: Path) -> None:
        """What makes a directory of weights a model that loads anywhere."""
        config = (rating_config if self._job.rates else load_config)(self._job.policy.model)
        config.dtype = self._job.policy.dtype
        config.architectures = [type(self._model).__name__]
        config.save_pretrained(directory)
        if self._model.can_generate() and self._model.generation_config is not None:
            self._model.generation_config.save_pretrained(directory)
        load_tokenizer(self._job.policy.model).save_pretrained(directory)
