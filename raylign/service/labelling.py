"""Label queues of one gateway: made of what is uploaded or was chosen, shown, answered, and made a dataset of."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from raylign.errors import SpecError
from raylign.record.rundir import RunDirectory
from raylign.service.access import Caller
from raylign.service.gateway import Gateway
from raylign.service.label_views import Export, NewLabelQueue
from raylign.service.store import DatasetRecord, DatasetState, LabelPair, LabelQueueRecord
from raylign.service.store.changes import absent
from raylign.service.store.ids import new_id
from raylign.service.uploads import find_ready
from raylign.sources.desk import Shown, turns
from raylign.sources.labelling import (
    Contradicting,
    Unlabelled,
    Verdict,
    agreements,
    counted,
    labelled,
    meant,
    turned,
)

MOST_BYTES = 32_000_000
"""Of a queue's pairs: they are held at once where they are counted and exported."""


@dataclass(frozen=True, slots=True)
class Labelling:
    """What routes do with label queues. Everything may raise what the store does."""

    gateway: Gateway

    async def make(self, who: Caller, wanted: NewLabelQueue) -> LabelQueueRecord:
        """Raises `SpecError` where there is no pair to label, `Taken` where its name is."""
        await self.gateway.quotas.require_room(who)
        if wanted.dataset is not None:
            dataset = await asyncio.to_thread(find_ready, self.gateway.store, who.tenant, wanted.dataset)
            path, source = self.gateway.uploads.depot.path(dataset), f"dataset {dataset.name}"
            columns: Mapping[str, str] = dataset.columns
        else:
            job, task = wanted.job or "", wanted.task or ""
            path, source = await asyncio.to_thread(self._chosen, who, job, task), f"job {job}, task {task}"
            columns = {}
        found = await self.gateway.inspecting.pairs(path, columns, most_bytes=MOST_BYTES)
        if why := found.get("failure") or found.get("refused"):
            raise SpecError(f"of {source} no queue can be made: {why}")
        pairs = [LabelPair(key=one["key"], pair=one["pair"]) for one in found["pairs"]]
        made = LabelQueueRecord(
            id=new_id("lq"),
            tenant=who.tenant,
            name=wanted.name,
            source=source,
            seed=wanted.seed,
            pairs=len(pairs),
            passed_over=found["passed_over"],
        )
        await asyncio.to_thread(self.gateway.store.add_label_queue, made, pairs)
        return made

    def told(self, queue: LabelQueueRecord) -> tuple[dict[str, dict[str, int]], list[dict[str, Any]]]:
        """By labeller how often each word; and how far every two agree."""
        said = list(self.gateway.store.labels_of(queue.id).values())
        return counted(said), agreements(said)

    def next(self, queue: LabelQueueRecord, labeller: str) -> tuple[Shown | None, int]:
        """What a labeller is shown next, None where nothing is left; and of how many something was said."""
        found, done = self.gateway.store.next_pair(queue.id, labeller)
        if found is None:
            return None, done
        pair = _pair(found)
        left, right = pair.responses[::-1] if pair.turned(labeller, seed=queue.seed) else pair.responses
        shown = Shown(key=pair.key, turns=turns(pair.asked), left=left, right=right, done=done, pairs=queue.pairs)
        return shown, done

    def say(self, queue: LabelQueueRecord, key: str, labeller: str, verdict: Verdict | None) -> None:
        """Keep a verdict on what was shown; None takes it back."""
        word = None if verdict is None else meant(verdict, turned=turned(key, labeller, seed=queue.seed))
        self.gateway.store.say_label(queue.id, key, labeller, word)

    async def export(self, who: Caller, queue: LabelQueueRecord, wanted: Export) -> tuple[DatasetRecord, Counter[str]]:
        """A dataset of what labellers preferred. Raises `SpecError` where they prefer nothing, `Taken`."""
        counts = Counter[str]()
        content = await asyncio.to_thread(self._preferred, queue, wanted.contradicting, counts)
        if not content:
            why = ", ".join(f"{what} {count}" for what, count in sorted(counts.items()))
            raise SpecError(f"labellers prefer no response of label queue {queue.name!r} ({why}): label some first")
        await self.gateway.quotas.require_room(who, len(content))
        digest = hashlib.sha256(content).hexdigest()
        made = DatasetRecord(
            id=new_id("ds"),
            tenant=queue.tenant,
            name=wanted.dataset,
            format="jsonl",
            bytes=len(content),
            sha256=digest,
        )
        uploads = self.gateway.uploads
        found, created = await asyncio.to_thread(uploads.begin, made)
        self.gateway.quotas.add(queue.tenant, made.bytes if created else 0)
        if found.state is DatasetState.UPLOADING:
            offset = await asyncio.to_thread(uploads.depot.received, found)
            rest = content[offset:]
            found = await uploads.receive(found, _whole(rest), offset=offset, size=len(rest))
        return found, counts

    def _chosen(self, who: Caller, job: str, task: str) -> Path:
        """What a job of the caller's chose. Raises `JobNotFound`, `SpecError`."""
        owner = self.gateway.store.tenant_of(job)
        if owner is None or not who.sees(owner):
            raise absent(job)
        path = RunDirectory(self.gateway.home.jobs / job).chosen_path(task)
        if not path.is_file():
            raise SpecError(f"job {job!r} has chosen no pairs of a task {task!r}: that takes `select`")
        return path

    def _preferred(self, queue: LabelQueueRecord, contradicting: Contradicting, counts: Counter[str]) -> bytes:
        pairs = map(_pair, self.gateway.store.label_pairs(queue.id))
        return b"".join(labelled(pairs, self.gateway.store.labels_of(queue.id), contradicting, counts))


def _pair(kept: LabelPair) -> Unlabelled:
    first, second = kept.pair["responses"]
    return Unlabelled(key=kept.key, asked=kept.pair["asked"], responses=(first, second), metadata=kept.pair["metadata"])


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content
