"""Label queues in the store: pairs that people are shown, and who said what of which."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import and_, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from raylign.errors import LabelQueueNotFound, OverQuota, SpecError, Taken
from raylign.service.store.database import Database
from raylign.service.store.schema import label_pairs, label_queues, label_words

MOST = 100
"""Queues of one tenant."""
LABELLERS = 32
"""Of one queue: every two of them are compared."""
AT_ONCE = 500
"""Rows of one statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelQueueRecord:
    """One queue. Times are Unix seconds."""

    id: str
    tenant: str
    name: str
    source: str
    """Where its pairs are from, for people."""
    seed: int
    """Decides which response is shown on the left."""
    pairs: int
    passed_over: Mapping[str, int] = field(default_factory=dict)
    """Rows that hold no pair, by reason."""
    created_at: float = field(default_factory=time.time)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelPair:
    """One pair, as `raylign.sources.labelling` has it."""

    key: str
    pair: Mapping[str, Any]
    """``{"asked", "responses", "metadata"}``."""


_FIELDS = tuple(field.name for field in fields(LabelQueueRecord))
_COLUMNS = [label_queues.c[name] for name in _FIELDS]
_PAIR = [label_pairs.c.key, label_pairs.c.pair]


class LabelQueues:
    """The part of the store that is about labels."""

    _database: Database

    def add_label_queue(self, made: LabelQueueRecord, pairs: Sequence[LabelPair]) -> None:
        """Raises `Taken` where its tenant has one of this name, `OverQuota` where it has as many as may be."""
        rows = [
            {"queue_id": made.id, "at": at, "key": pair.key, "pair": dict(pair.pair)} for at, pair in enumerate(pairs)
        ]
        try:
            with self._database.writing() as connection:
                connection.execute(insert(label_queues).values({name: getattr(made, name) for name in _FIELDS}))
                mine = select(func.count()).select_from(label_queues).where(label_queues.c.tenant == made.tenant)
                if connection.execute(mine).scalar_one() > MOST:
                    raise OverQuota(f"tenant {made.tenant!r} has {MOST} label queues, as many as may be: delete one")
                for first in range(0, len(rows), AT_ONCE):
                    connection.execute(insert(label_pairs), rows[first : first + AT_ONCE])
        except IntegrityError:
            raise Taken(f"a label queue {made.name!r} is there already: delete it, or give another name") from None

    def label_queue(self, tenant: str | None, word: str) -> LabelQueueRecord:
        """The one that ``word`` means: an id, or a name of ``tenant``'s. None: whosever, by its id alone.

        Raises `LabelQueueNotFound`, for another tenant's too.
        """
        if tenant is None:
            this = label_queues.c.id == word
        else:
            this = (label_queues.c.tenant == tenant) & ((label_queues.c.id == word) | (label_queues.c.name == word))
        with self._database.reading() as connection:
            row = connection.execute(select(*_COLUMNS).where(this)).one_or_none()
        if row is None:
            raise LabelQueueNotFound(f"there is no label queue {word!r}; GET /v1/label-queues lists all")
        return _record(row)

    def label_queues(self, tenant: str | None) -> list[LabelQueueRecord]:
        """A tenant's, or all, newest first."""
        query = select(*_COLUMNS).order_by(label_queues.c.id.desc())
        with self._database.reading() as connection:
            return list(
                map(
                    _record,
                    connection.execute(query if tenant is None else query.where(label_queues.c.tenant == tenant)),
                )
            )

    def next_pair(self, queue_id: str, labeller: str) -> tuple[LabelPair | None, int]:
        """The first pair without this labeller's word, None where there is none left; and on how many there is one."""
        mine = and_(
            label_words.c.queue_id == label_pairs.c.queue_id,
            label_words.c.key == label_pairs.c.key,
            label_words.c.labeller == labeller,
        )
        left = (
            select(*_PAIR)
            .outerjoin(label_words, mine)
            .where((label_pairs.c.queue_id == queue_id) & label_words.c.key.is_(None))
            .order_by(label_pairs.c.at)
            .limit(1)
        )
        said = (label_words.c.queue_id == queue_id) & (label_words.c.labeller == labeller)
        with self._database.reading() as connection:
            row = connection.execute(left).one_or_none()
            done = connection.execute(select(func.count()).select_from(label_words).where(said)).scalar_one()
        return None if row is None else LabelPair(key=row.key, pair=row.pair), done

    def say_label(self, queue_id: str, key: str, labeller: str, word: str | None) -> None:
        """Keep somebody's word on a pair in place of the one before; None takes it back.

        Raises `LabelQueueNotFound` where the queue has no such pair, `SpecError` where it has labellers enough.
        """
        this = (label_words.c.queue_id == queue_id) & (label_words.c.key == key) & (label_words.c.labeller == labeller)
        values = {"word": word, "said_at": time.time()}
        row = {"queue_id": queue_id, "key": key, "labeller": labeller, **values}
        with self._database.writing() as connection:
            held = (label_pairs.c.queue_id == queue_id) & (label_pairs.c.key == key)
            if connection.execute(select(label_pairs.c.key).where(held)).one_or_none() is None:
                raise LabelQueueNotFound(f"this label queue has no pair {key!r}; GET its `next` for one")
            if word is None:
                connection.execute(delete(label_words).where(this))
            elif not connection.execute(update(label_words).where(this).values(values)).rowcount:
                _require_place(self._names(connection, queue_id), labeller)
                try:
                    with connection.begin_nested():
                        connection.execute(insert(label_words).values(row))
                except IntegrityError:  # the same labeller, in another window, at the same moment
                    connection.execute(update(label_words).where(this).values(values))

    def labels_of(self, queue_id: str) -> dict[str, dict[str, Any]]:
        """Who said what, by pair, of pairs of which anybody said something."""
        query = select(label_words.c.key, label_words.c.labeller, label_words.c.word)
        told: dict[str, dict[str, Any]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(query.where(label_words.c.queue_id == queue_id)):
                told.setdefault(row.key, {})[row.labeller] = row.word
        return told

    def label_pairs(self, queue_id: str) -> list[LabelPair]:
        """All of a queue's, in their order."""
        query = select(*_PAIR).where(label_pairs.c.queue_id == queue_id).order_by(label_pairs.c.at)
        with self._database.reading() as connection:
            return [LabelPair(key=row.key, pair=row.pair) for row in connection.execute(query)]

    def delete_label_queue(self, queue_id: str) -> None:
        """With its pairs, and all that was said of them. Raises `LabelQueueNotFound` where it is gone."""
        with self._database.writing() as connection:
            for table in (label_words, label_pairs):
                connection.execute(delete(table).where(table.c.queue_id == queue_id))
            if not connection.execute(delete(label_queues).where(label_queues.c.id == queue_id)).rowcount:
                raise LabelQueueNotFound(f"there is no label queue {queue_id!r} any more")

    @staticmethod
    def _names(connection: Any, queue_id: str) -> Collection[str]:
        query = select(label_words.c.labeller).where(label_words.c.queue_id == queue_id).distinct()
        return set(connection.execute(query).scalars())


def _require_place(names: Collection[str], labeller: str) -> None:
    if labeller not in names and len(names) >= LABELLERS:
        raise SpecError(f"{LABELLERS} labellers have said something here, as many as may be: {labeller!r} is another")


def _record(row: Collection[Any]) -> LabelQueueRecord:
    return LabelQueueRecord(**dict(zip(_FIELDS, row, strict=True)))
