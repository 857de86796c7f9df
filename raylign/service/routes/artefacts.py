"""What a run leaves for people to look at: its HTML report."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse

from raylign.errors import JobNotFound
from raylign.service import openapi
from raylign.service.gateway import Gateway
from raylign.service.routes.keyed import JobId, keyed_router


def router(gateway: Gateway) -> APIRouter:
    """GET /v1/jobs/{id}/report."""
    routes = keyed_router(gateway)

    @routes.get(
        "/{job_id}/report",
        response_class=HTMLResponse,
        responses=openapi.problems(404),
    )
    def report(job_id: JobId) -> FileResponse:
        """The run's HTML report."""
        found = gateway.store.get(job_id)
        path = Path(found.run_dir) / "report.html" if found.run_dir else None
        if path is None or not path.is_file():
            raise JobNotFound(f"job {job_id!r} is {found.state.value} and has no report yet")
        # It shows what models wrote: nothing in it may run or load anything.
        policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        return FileResponse(path, media_type="text/html", headers={"Content-Security-Policy": policy})

    return routes
