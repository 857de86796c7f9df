"""Label queues: made of pairs, shown pair by pair, answered, counted, made a dataset of."""

import asyncio
import contextlib
from typing import Annotated

from fastapi import APIRouter, Query, Response

from raylign.errors import LabelQueueNotFound
from raylign.service import openapi
from raylign.service.access import Caller, Tenant
from raylign.service.gateway import Gateway
from raylign.service.label_views import (
    Export,
    Exported,
    Labeller,
    LabelQueueDetail,
    LabelQueuePage,
    LabelQueueView,
    Name,
    NewLabelQueue,
    NewVerdict,
    NextPair,
    PairView,
)
from raylign.service.labelling import Labelling
from raylign.service.routes.keyed import Who, answer, keyed_router
from raylign.service.store import LabelQueueRecord

PREFIX = "/v1/label-queues"


def router(gateway: Gateway) -> APIRouter:
    """POST and GET /v1/label-queues; GET and DELETE of one; GET its next pair; POST verdicts; POST its export."""
    store, work, routes = gateway.store, Labelling(gateway), keyed_router(gateway, PREFIX)

    def find(who: Caller, word: str) -> LabelQueueRecord:
        with contextlib.suppress(LabelQueueNotFound):
            return store.label_queue(who.tenant, word)
        return store.label_queue(who.reach, word)

    def detail(found: LabelQueueRecord) -> LabelQueueDetail:
        return LabelQueueDetail.whole(found, *work.told(found))

    def following(found: LabelQueueRecord, labeller: str) -> NextPair:
        shown, done = work.next(found, labeller)
        return NextPair(pair=PairView.of(shown) if shown else None, done=done, pairs=found.pairs)

    @routes.post("", response_model=LabelQueueView, status_code=201, responses=openapi.problems(404, 409))
    async def make(who: Who, wanted: NewLabelQueue) -> Response:
        """Make a queue of a dataset's pairs, or of those that a job chose. It keeps them, whatever becomes of these."""
        made = await work.make(who, wanted)
        return answer(LabelQueueView.of(made), 201, Location=f"{PREFIX}/{made.name}")

    @routes.get("", response_model=LabelQueuePage)
    async def queues(who: Who, tenant: Tenant | None = None) -> Response:
        """Queues, newest first: one's own; an admin's key lists everybody's, or those of ``tenant``."""
        found = await asyncio.to_thread(store.label_queues, who.listed(tenant))
        return answer(LabelQueuePage(data=list(map(LabelQueueView.of, found))))

    @routes.get("/{queue}", response_model=LabelQueueDetail, responses=openapi.problems(404))
    async def queue(who: Who, queue: Name) -> Response:
        """One queue: how far each labeller has come, and how far every two of them agree."""
        return answer(await asyncio.to_thread(lambda: detail(find(who, queue))))

    @routes.get("/{queue}/next", response_model=NextPair, responses=openapi.problems(404))
    async def next_pair(who: Who, queue: Name, labeller: Annotated[Labeller, Query()]) -> Response:
        """The first pair of which this labeller has said nothing. Which response is on the left means nothing."""
        return answer(await asyncio.to_thread(lambda: following(find(who, queue), labeller)))

    @routes.post("/{queue}/verdicts", response_model=NextPair, responses=openapi.problems(404))
    async def say(who: Who, queue: Name, said: NewVerdict) -> Response:
        """Say which response of a pair is better, in place of what this labeller said before; and get the next pair."""

        def keep() -> NextPair:
            found = find(who, queue)
            work.say(found, said.pair, said.labeller, None if said.verdict == "none" else said.verdict)
            return following(found, said.labeller)

        return answer(await asyncio.to_thread(keep))

    @routes.post("/{queue}/export", response_model=Exported, status_code=201, responses=openapi.problems(404, 409))
    async def export(who: Who, queue: Name, wanted: Export) -> Response:
        """Make a dataset of what labellers preferred, which preference jobs read as ``dataset://NAME``."""
        found = await asyncio.to_thread(find, who, queue)
        made, counts = await work.export(who, found, wanted)
        shown = Exported(id=made.id, dataset=made.name, state=made.state.value, counts=dict(counts))
        return answer(shown, 201, Location=f"/v1/datasets/{made.name}")

    @routes.delete("/{queue}", status_code=204, responses=openapi.problems(404))
    async def delete(who: Who, queue: Name) -> Response:
        """Delete it with all that was said. Datasets that were made of it stay."""
        found = await asyncio.to_thread(find, who, queue)
        await asyncio.to_thread(store.delete_label_queue, found.id)
        return Response(status_code=204)

    return routes
