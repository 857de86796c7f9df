"""Files, as OpenAI's clients send and read them: datasets of this service under another name."""

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, Literal, get_args

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import StringConstraints
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

from raylign.errors import SpecError
from raylign.service import openapi
from raylign.service.access import Caller
from raylign.service.dataset_views import Format
from raylign.service.gateway import Gateway
from raylign.service.openai.objects import Deleted, FileObject, Listed
from raylign.service.routes.keyed import Who, answer, keyed_router
from raylign.service.store import DatasetRecord, DatasetState
from raylign.service.store.ids import new_id

PREFIX = "/v1/files"
FileId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
MOST_BYTES = 512_000_000
"""Of one upload, as OpenAI has it; what is larger goes to /v1/datasets, in parts."""
BODY_S = 600.0
AT_ONCE = 4
"""Uploads that lie on the disk beside what becomes of them."""
BLOCK = 2**20


def router(gateway: Gateway) -> APIRouter:
    """POST and GET /v1/files; GET and DELETE /v1/files/{file_id}; GET its content."""
    store, uploads, turns = gateway.store, gateway.uploads, asyncio.Semaphore(AT_ONCE)
    routes = keyed_router(gateway, PREFIX, told=openapi.envelopes)

    @routes.post(
        "",
        response_model=FileObject,
        responses=openapi.envelopes(408, 409, 413),
        openapi_extra=openapi.FILE_BODY,
    )
    async def create(request: Request, who: Who) -> Response:
        """Send a file with ``purpose=fine-tune``: JSON Lines, or another format of datasets by the end of its name."""
        async with turns:
            file = await _sent(request)
            try:
                made = await asyncio.to_thread(_described, file, who)
                await gateway.quotas.require_room(who, made.bytes)
                found, _ = await asyncio.to_thread(uploads.begin, made)
                gateway.quotas.add(who.tenant, made.bytes)
                done = await uploads.receive(found, _chunks(file), offset=0, size=made.bytes)
            finally:
                await file.close()
        return answer(FileObject.of(done))

    @routes.get("", response_model=Listed[FileObject])
    async def files(
        who: Who,
        purpose: str = "fine-tune",
        after: FileId | None = None,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 10_000,
        order: Literal["desc"] = "desc",
    ) -> Response:
        """Files, newest first."""
        if purpose != "fine-tune":
            return answer(Listed[FileObject](data=[], has_more=False))
        found = await asyncio.to_thread(store.datasets, tenant=who.tenant, limit=limit + 1, before=after)
        shown = [FileObject.of(one) for one in found[:limit]]
        ends = (shown[0].id, shown[-1].id) if shown else (None, None)
        return answer(Listed[FileObject](data=shown, has_more=len(found) > limit, first_id=ends[0], last_id=ends[1]))

    @routes.get("/{file_id}", response_model=FileObject, responses=openapi.envelopes(404))
    async def file(who: Who, file_id: FileId) -> Response:
        """One file."""
        found = await asyncio.to_thread(store.dataset, who.tenant, file_id)
        return answer(FileObject.of(await uploads.settled(found, wait_s=1.0)))

    @routes.get(
        "/{file_id}/content",
        response_class=Response,
        responses={
            200: {"content": {"application/octet-stream": {}}, "description": "The file"},
            **openapi.envelopes(404, 409),
        },
    )
    async def content(who: Who, file_id: FileId) -> FileResponse:
        """A file as it was sent."""
        found = await asyncio.to_thread(store.dataset, who.tenant, file_id)
        if found.state is not DatasetState.READY:
            raise HTTPException(409, f"file {file_id!r} is {found.state.value}: it cannot be read now")
        path = uploads.depot.path(found)
        return FileResponse(path, media_type="application/octet-stream", headers={"X-Content-Type-Options": "nosniff"})

    @routes.delete("/{file_id}", response_model=Deleted, responses=openapi.envelopes(404, 409))
    async def delete(who: Who, file_id: FileId) -> Response:
        """Delete one. 409 while a job that has not ended reads it."""
        found = await asyncio.to_thread(store.dataset, who.tenant, file_id)
        await uploads.delete(found)
        return answer(Deleted(id=found.id, object="file"))

    return routes


async def _sent(request: Request) -> UploadFile:
    """The file of a form, on disk where it is large. Raises `SpecError`; `HTTPException` 408, 413."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise SpecError("send a form: multipart/form-data with `file` and `purpose`")
    parser = MultiPartParser(request.headers, _bounded(request.stream()), max_files=1, max_fields=4)
    try:
        async with asyncio.timeout(BODY_S):
            form = await parser.parse()
    except TimeoutError:
        raise HTTPException(408, f"the file did not arrive within {BODY_S:g} s") from None
    except (MultiPartException, KeyError) as error:
        raise SpecError(f"this is no form: {error}") from None
    try:
        if unknown := sorted(set(form) - {"file", "purpose"}):
            raise SpecError(f"`{unknown[0][:50]}` is not taken: send `file` and `purpose`")
        if form.get("purpose") != "fine-tune":
            raise SpecError("`purpose` must be fine-tune: files here are for that alone")
        if not isinstance(file := form.get("file"), UploadFile):
            raise SpecError("`file` must be a file")
    except SpecError:
        await form.close()
        raise
    return file


async def _bounded(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    came = 0
    async for chunk in chunks:
        came += len(chunk)
        if came > MOST_BYTES:
            raise HTTPException(413, f"the form has more than {MOST_BYTES:,} bytes: send it to /v1/datasets in parts")
        yield chunk


def _described(file: UploadFile, who: Caller) -> DatasetRecord:
    """The dataset that it is to be. Raises `SpecError`."""
    filename = (file.filename or "")[-255:]
    formats = sorted(get_args(Format), key=len, reverse=True)
    format = next((one for one in formats if filename.endswith(f".{one}")), None)
    if format is None:
        raise SpecError(f"file {filename[:100]!r} is of no known format: name it .jsonl, or .{', .'.join(formats)}")
    sha256, size = hashlib.sha256(), 0
    while block := file.file.read(BLOCK):
        sha256.update(block)
        size += len(block)
    file.file.seek(0)
    if not size:
        raise SpecError("the file is empty")
    made = new_id("ds")
    return DatasetRecord(
        id=made,
        tenant=who.tenant,
        name=f"file-{made.removeprefix('ds_')}",
        filename=filename,
        format=format,
        bytes=size,
        sha256=sha256.hexdigest(),
        created_at=time.time(),
    )


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while block := await file.read(BLOCK):
        yield block
