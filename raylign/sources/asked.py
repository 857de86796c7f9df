"""What an annotator was asked about in the steps before, and which pairs of a step it is asked about next.

A line a pair, in the run directory: so a run resumes with the labels of the steps that it has made, and no others.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from raylign.acquisition.acquisition import Asking
from raylign.acquisition.asking import asked_about, projection
from raylign.acquisition.logistic import Candidates
from raylign.record.lines import append_documents, cut_torn_line, documents, keep_documents
from raylign.sources.seeds import derive
from raylign.spec.task import Task
from raylign.types import Completion, Group, Prompt
from raylign.workers import Reference


class Asked:
    """Of one task. ``path``: where its labels are kept."""

    def __init__(self, path: Path, task: Task, how: Asking, *, seed: int) -> None:
        self._path, self._task, self._how, self._seed = path, task, how, seed
        self._rows = deque[dict[str, Any]](maxlen=how.remembered)
        """Those with a label, the newest last."""
        self._next = -1
        """The step whose labels come next; -1: the file was not read yet."""
        self._pairs: dict[str, Mapping[str, Any]] = {}
        """Of the step that is chosen from: what is known of each pair before its label, by prompt."""

    @property
    def pool(self) -> Task:
        """The task as it draws: for every pair that is asked about, so many."""
        return self._task.model_copy(update={"prompts_per_step": self._how.of * self._task.prompts_per_step})

    async def choose(self, step: int, groups: Sequence[Group], reference: Reference) -> list[Group]:
        """Those of the step's pairs that are asked about, in the order of the pool; identical responses are none."""
        await asyncio.to_thread(self._begin, step)
        pairs = [group for group in groups if len({sample.completion.token_ids for sample in group.samples}) == 2]
        if not pairs:
            return []
        responses = [(group.prompt, sample.completion) for group in pairs for sample in group.samples]
        logprobs_N2 = np.array([sum(said) for said in await reference.score(responses)]).reshape(-1, 2)
        features_ND = await self._features(responses, reference)
        pool = Candidates(features_ND=features_ND, bias_N=logprobs_N2[:, 0] - logprobs_N2[:, 1])
        rng = np.random.default_rng(derive(self._seed, "asked", self._task.name, step))
        seen = Candidates(
            features_ND=np.array([row["features"] for row in self._rows]).reshape(
                len(self._rows), features_ND.shape[1]
            ),
            bias_N=np.array([row["bias"] for row in self._rows]),
        )
        labels_K, count = np.array([row["label"] for row in self._rows]), self._task.prompts_per_step
        surprise_N = -logprobs_N2.mean(1)
        chosen = await asyncio.to_thread(asked_about, pool, surprise_N, seen, labels_K, count, self._how, rng)
        self._pairs = {
            pairs[at].prompt.id: {"features": features_ND[at].tolist(), "bias": float(pool.bias_N[at])} for at in chosen
        }
        return [pairs[at] for at in sorted(chosen)]

    async def learn(self, step: int, groups: Sequence[Group]) -> None:
        """Keep what the annotator said of the step's pairs: on disk once this returns."""
        rows = [
            {
                "step": step,
                "prompt": group.prompt.id,
                "label": group.preference.probability if group.preference else None,
                **self._pairs[group.prompt.id],
            }
            for group in groups
        ]
        await asyncio.to_thread(append_documents, self._path, rows)
        self._remember(rows)
        self._next = step + 1

    async def _features(self, responses: Sequence[tuple[Prompt, Completion]], reference: Reference) -> Any:
        """Differences of the reference's last states, projected, [N, D]."""
        states = np.array(await reference.embed(responses), dtype=np.float64)
        rng = np.random.default_rng(derive(self._seed, "projection", self._task.name))
        flat = states @ projection(states.shape[1], self._how.dimension, rng)
        return flat[0::2] - flat[1::2]

    def _begin(self, step: int) -> None:
        """Know the labels of the steps before, and of no later ones: another attempt may have got further."""
        if self._next == step:
            return
        cut_torn_line(self._path)
        if self._path.exists():
            keep_documents(self._path, lambda row: row["step"] < step)
        self._rows.clear()
        self._remember(documents(self._path))
        self._next = step

    def _remember(self, rows: Iterable[dict[str, Any]]) -> None:
        self._rows += (row for row in rows if row["label"] is not None)
