"""Datasets: begun, sent in parts, looked at, listed, read back, deleted."""

import asyncio
import contextlib
import errno
import re
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import StringConstraints
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from raylign.errors import DatasetNotFound, SpecError
from raylign.service import openapi
from raylign.service.access import Caller, Tenant
from raylign.service.dataset_views import DatasetDetail, DatasetPage, DatasetRows, DatasetView, NewDataset, Row
from raylign.service.gateway import Gateway
from raylign.service.routes.keyed import Who, answer, keyed_router
from raylign.service.store import DatasetRecord, DatasetState
from raylign.service.store.ids import new_id

PREFIX = "/v1/datasets"
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""A dataset's name, of one's own tenant's; or its id."""
RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})")
FULL = (errno.ENOSPC, errno.EDQUOT)


def router(gateway: Gateway) -> APIRouter:
    """POST and GET /v1/datasets; GET and DELETE /v1/datasets/{dataset}; PUT and GET its content; GET its rows."""
    store, uploads, routes = gateway.store, gateway.uploads, keyed_router(gateway, PREFIX)

    def view(found: DatasetRecord) -> DatasetView:
        return DatasetView.of(found, received=_received(gateway, found))

    def find(who: Caller, word: str) -> DatasetRecord:
        with contextlib.suppress(DatasetNotFound):
            return store.dataset(who.tenant, word)
        return store.dataset(who.reach, word)

    @routes.post(
        "",
        response_model=DatasetView,
        status_code=201,
        responses={
            200: {"model": DatasetView, "description": "This upload was begun before: go on with it"},
            **openapi.problems(409),
        },
    )
    async def begin(who: Who, wanted: NewDataset) -> Response:
        """Begin an upload: what it is called, and what will come. Then send that to its ``content``.

        200 where it was begun before, with the same contents: go on from ``received``. 409 where the name has others.
        """
        await gateway.quotas.require_room(who, wanted.bytes)
        made = DatasetRecord(id=new_id("ds"), tenant=who.tenant, **wanted.model_dump())

        def make() -> Response:
            found, created = uploads.begin(made)
            gateway.quotas.add(who.tenant, made.bytes if created else 0)
            return answer(view(found), 201 if created else 200, Location=f"{PREFIX}/{found.name}")

        return await asyncio.to_thread(make)

    @routes.put(
        "/{dataset}/content",
        response_model=DatasetView,
        responses=openapi.problems(404, 408, 409, 507),
        openapi_extra=openapi.BYTES_BODY,
    )
    async def send(
        request: Request, who: Who, dataset: Word, content_range: Annotated[str, Header(max_length=100)] = ""
    ) -> Response:
        """Send the next bytes, ``Content-Range: bytes FIRST-LAST/ALL``, or all of them without one.

        What has come when a connection breaks is kept: ask for ``received``, and go on from there. With the last byte
        the digest is compared (422, and all of it has to come again) and the data looked at, before the answer where
        that takes less than 10 s.
        """
        found = await asyncio.to_thread(find, who, dataset)
        offset, size = _span(content_range, found)
        try:
            with _told_of_disk():
                came = await uploads.receive(found, request.stream(), offset=offset, size=size)
        except (TimeoutError, ClientDisconnect):
            raise HTTPException(408, "the rest of the body did not arrive: ask what was received, and go on") from None
        return answer(await asyncio.to_thread(view, came))

    @routes.get("", response_model=DatasetPage)
    async def datasets(
        who: Who,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        before: Word | None = None,
        tenant: Tenant | None = None,
    ) -> Response:
        """Datasets, newest first: one's own; an admin's key lists everybody's, or those of ``tenant``."""

        def page() -> Response:
            found = store.datasets(tenant=who.listed(tenant), limit=limit + 1, before=before)
            return answer(DatasetPage(data=[view(one) for one in found[:limit]], has_more=len(found) > limit))

        return await asyncio.to_thread(page)

    @routes.get("/{dataset}", response_model=DatasetDetail, responses=openapi.problems(404))
    async def one(who: Who, dataset: Word) -> Response:
        """One dataset, with what was found in it: the same words as those of `raylign data`."""
        found = await asyncio.to_thread(find, who, dataset)
        found = await uploads.settled(found, wait_s=1.0)
        return answer(await asyncio.to_thread(lambda: DatasetDetail.whole(found, received=_received(gateway, found))))

    @routes.get("/{dataset}/rows", response_model=DatasetRows, responses=openapi.problems(404, 409))
    async def rows(who: Who, dataset: Word, limit: Annotated[int, Query(ge=1, le=50)] = 10) -> Response:
        """Its first rows, as they stand in the file, each as JSON text that may be cut."""
        found = await asyncio.to_thread(find, who, dataset)
        _require_here(found)
        shown = (found.report or {}).get("rows", [])[:limit]
        return answer(DatasetRows(data=[Row.model_validate(row) for row in shown]))

    @routes.get(
        "/{dataset}/content",
        response_class=Response,
        responses={
            200: {
                "content": {"application/octet-stream": {}},
                "description": "The file; of a Range, a part of it (206)",
            },
            **openapi.problems(404, 409),
        },
    )
    async def content(who: Who, dataset: Word) -> FileResponse:
        """The file as it was sent."""
        found = await asyncio.to_thread(find, who, dataset)
        _require_here(found)
        path = uploads.depot.path(found)
        headers = {"X-Content-Type-Options": "nosniff", "ETag": f'"{found.sha256}"'}
        return FileResponse(
            path, media_type="application/octet-stream", filename=f"{found.name}.{found.format}", headers=headers
        )

    @routes.delete("/{dataset}", status_code=204, responses=openapi.problems(404, 409))
    async def delete(who: Who, dataset: Word) -> Response:
        """Delete it, or give up an upload. 409 while a job that has not ended reads it."""
        found = await asyncio.to_thread(find, who, dataset)
        with _told_of_disk():
            await uploads.delete(found)
        return Response(status_code=204)

    return routes


def _received(gateway: Gateway, found: DatasetRecord) -> int:
    return gateway.uploads.depot.received(found) if found.state is DatasetState.UPLOADING else found.bytes


def _require_here(found: DatasetRecord) -> None:
    if found.state is not DatasetState.READY:
        raise HTTPException(409, f"dataset {found.name!r} is {found.state.value}: it cannot be read now")


def _span(content_range: str, found: DatasetRecord) -> tuple[int, int]:
    """Where the body goes, and how long it is. Raises `SpecError`."""
    if not content_range:
        return 0, found.bytes
    said = RANGE.fullmatch(content_range)
    first, last, whole = map(int, said.groups()) if said else (1, 0, 0)
    if last < first or whole != found.bytes:
        raise SpecError(f"Content-Range must be `bytes FIRST-LAST/{found.bytes}` here, it is {content_range!r}")
    return first, last + 1 - first


@contextlib.contextmanager
def _told_of_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise HTTPException(507, "the service's disk has no room for it: ask its operator") from None
