"""The page and its files. They hold nothing of anybody's, so they ask for no key: the page sends it with its calls."""

from typing import Annotated

from fastapi import APIRouter, Header, Response
from starlette.exceptions import HTTPException

from raylign.service import page

INDEX, REPORT = "index.html", "report.html"


def router() -> APIRouter:
    """GET /, GET /page/{name}."""
    routes, assets = APIRouter(include_in_schema=False), page.load()

    def send(name: str, known: str) -> Response:
        if (asset := assets.get(name)) is None:
            raise HTTPException(404, "the page has no such file")
        headers = {
            "Content-Security-Policy": page.FRAME_POLICY if name == REPORT else page.POLICY,
            "Cache-Control": "no-cache",
            "ETag": asset.tag,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }
        if asset.tag in known:
            return Response(status_code=304, headers=headers)
        return Response(asset.content, media_type=asset.media_type, headers=headers)

    @routes.get("/")
    async def index(if_none_match: Annotated[str, Header()] = "") -> Response:
        """The page."""
        return send(INDEX, if_none_match)

    @routes.get("/page/{name:path}")
    async def file(name: str, if_none_match: Annotated[str, Header()] = "") -> Response:
        """One of its files."""
        return send(name, if_none_match)

    return routes
